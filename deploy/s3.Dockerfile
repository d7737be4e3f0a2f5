# A store that speaks S3, for trying the bucket out on one machine: one folder, one key, no TLS. The bucket is `evidence`.
FROM rust:1.95-bookworm AS build
RUN cargo install s3s-fs --version 0.14.1 --locked --features binary

FROM debian:bookworm-slim
RUN useradd --system --create-home s3 && install -d -m 700 -o s3 -g s3 /data
COPY --from=build /usr/local/cargo/bin/s3s-fs /usr/local/bin/s3s-fs
USER s3
VOLUME /data
EXPOSE 9000
# Without a key it would serve everybody, so that it does not start then.
CMD ["sh", "-c", "mkdir -p /data/evidence && exec s3s-fs --host 0.0.0.0 --port 9000 --access-key \"${AWS_ACCESS_KEY_ID:?}\" --secret-key \"${AWS_SECRET_ACCESS_KEY:?}\" /data"]
