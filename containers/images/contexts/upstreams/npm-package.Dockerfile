# A stdio upstream from npm that is installed by name, to be copied into LiteLLM's image.
ARG RUNTIME
FROM ${RUNTIME}
ARG NAME
ARG PACKAGE
ARG COMMAND
ARG LAUNCHER
COPY node_modules/ /opt/upstreams/${NAME}/node_modules/
COPY find-program.mjs /find-program.mjs
# `env node` would use the Node of LiteLLM's image, if any.
RUN program=$(/opt/runtime/bin/node /find-program.mjs "/opt/upstreams/${NAME}" "${PACKAGE}" "${COMMAND}") \
 && sed -i '1s|^#!.*|#!/opt/runtime/bin/node|' "$program" && head -1 "$program" | grep -q '^#!/opt/runtime/bin/node' \
 && chmod 755 "$program" \
 && mkdir /launchers && ln -s "$program" "/launchers/${LAUNCHER}" \
 && test -x "/launchers/${LAUNCHER}"
