# Beseda for people who deploy with containers; docker-compose.yml adds the database.
# For work on the code use ./dev instead.

FROM node:22-bookworm-slim AS faces
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
COPY web/tools/package.json tools/
RUN npm ci --no-audit --no-fund
COPY web .
RUN npm run pages

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=faces /src/web/dist web/dist
# The caches live outside the image; only the finished binary is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --workspace --bin beseda \
        --features server/s3,server/otlp \
    && install -D target/release/beseda /out/beseda

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
# A fixed number, so that files in a volume keep their owner from one image to the next.
RUN useradd --system --uid 10001 --home-dir /var/lib/beseda --create-home beseda
COPY --from=build /out/beseda /usr/local/bin/beseda

USER beseda
WORKDIR /var/lib/beseda
ENV BESEDA_DATA_DIR=/var/lib/beseda \
    BESEDA_HTTP__LISTEN=0.0.0.0:8080
VOLUME /var/lib/beseda
EXPOSE 8080
# Accepted messages are committed before they are answered, so stopping loses none; the grace is for
# sockets and jobs at work.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["beseda"]
CMD ["serve"]
