FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --create-home minhchung && mkdir /data && chown minhchung /data
COPY --from=build /build/target/release/minhchung /usr/local/bin/minhchung
USER minhchung
ENV MINHCHUNG_LISTEN=0.0.0.0:8080 MINHCHUNG_DATA=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["minhchung"]
CMD ["serve"]
