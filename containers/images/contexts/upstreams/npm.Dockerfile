# A stdio upstream from npm, under /opt/upstreams/<command>, to be copied into LiteLLM's image.
ARG RUNTIME
FROM ${RUNTIME}
ARG COMMAND
COPY node_modules/ /opt/upstreams/${COMMAND}/node_modules/
# LiteLLM starts a stdio server anew for each MCP request (1.77.1). With Node's compile cache and a larger young generation a start
# takes two thirds of the CPU time: 0.19 of 0.28 s (the filesystem server, measured). The first start in a container fills the
# cache. `env node` would use the Node of LiteLLM's image, if any.
RUN program=$(readlink -f "/opt/upstreams/${COMMAND}/node_modules/.bin/${COMMAND}") \
 && head -1 "$program" | grep -q '^#!.*node' \
 && mkdir -m 1777 "/opt/upstreams/${COMMAND}/compile-cache" \
 && mkdir /launchers \
 && printf '%s\n' '#!/bin/sh' \
      "export NODE_COMPILE_CACHE=/opt/upstreams/${COMMAND}/compile-cache" \
      "exec /opt/runtime/bin/node --min-semi-space-size=32 --max-semi-space-size=32 --single-threaded-gc '$program' \"\$@\"" \
      > "/launchers/${COMMAND}" \
 && chmod 755 "/launchers/${COMMAND}"
