# Kefu with its pages built. Models are fetched at the first start into the volume /models.
FROM node:20-bookworm-slim AS build
WORKDIR /kefu
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts && npm rebuild esbuild
COPY . .
RUN npm run build:web && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 python3-pip tini \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -p /data /models && chown node:node /data /models
WORKDIR /kefu
COPY --from=build --chown=node:node /kefu .
USER node
ENV NODE_ENV=production KEFU_HOST=0.0.0.0 KEFU_DATA_DIR=/data KEFU_MODELS_DIR=/models
VOLUME ["/data", "/models"]
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=10m \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "--import", "tsx", "src/main.ts"]
