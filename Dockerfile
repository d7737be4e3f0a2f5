FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --create-home minhchung && install -d -m 700 -o minhchung -g minhchung /data
# The roots that a bucket's TLS is held against; without them no bucket is opened, not even one without TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /build/target/release/minhchung /usr/local/bin/minhchung
USER minhchung
ENV MINHCHUNG_LISTEN=0.0.0.0:8080 MINHCHUNG_DATA=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["minhchung"]
CMD ["serve"]
