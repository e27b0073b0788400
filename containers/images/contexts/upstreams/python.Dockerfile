# A stdio upstream from PyPI, under /opt/upstreams/<command>, to be copied into LiteLLM's image.
ARG RUNTIME
FROM ${RUNTIME}
ARG COMMAND
COPY requirements.txt /requirements.txt
RUN uv venv -q "/opt/upstreams/${COMMAND}" \
 && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt uv pip sync --python "/opt/upstreams/${COMMAND}" --require-hashes --compile-bytecode /requirements.txt \
 && mkdir /launchers && ln -s "/opt/upstreams/${COMMAND}/bin/${COMMAND}" "/launchers/${COMMAND}" \
 && test -x "/launchers/${COMMAND}"
