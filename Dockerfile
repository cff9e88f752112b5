# Build: everything that compiling needs, and nothing of it in the result.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY .ci ./.ci
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

# Run: as a user without rights, on a file system that may be read-only but for /data.
FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    WATCHKEEPER_DATA__FOLDER=/data \
    WATCHKEEPER_HTTP_HOST=0.0.0.0 \
    WATCHKEEPER_LOG_FORMAT=json
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config ./config
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
# Whether the process lives and its loop turns, not whether the broker does: a restart would only leave the
# positions without a guard. What uptime monitors ask is /health.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/livez').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM is an orderly stop of up to stop.deadlineMs: give the container a little more.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "--config", "config/default.yaml"]
