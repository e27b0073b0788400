# A stdio upstream from npm, under /opt/upstreams/<command>, to be copied into LiteLLM's image.
ARG RUNTIME
FROM ${RUNTIME}
ARG COMMAND
COPY node_modules/ /opt/upstreams/${COMMAND}/node_modules/
# `env node` would use the Node of LiteLLM's image, if any.
RUN program=$(readlink -f "/opt/upstreams/${COMMAND}/node_modules/.bin/${COMMAND}") \
 && sed -i '1s|^#!.*|#!/opt/runtime/bin/node|' "$program" && head -1 "$program" | grep -q '^#!/opt/runtime/bin/node' \
 && chmod 755 "$program" \
 && mkdir /launchers && ln -s "$program" "/launchers/${COMMAND}" \
 && test -x "/launchers/${COMMAND}"
