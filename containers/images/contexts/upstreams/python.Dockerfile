# A stdio upstream from PyPI, under /opt/upstreams/<command>, to be copied into LiteLLM's image.
ARG RUNTIME
FROM ${RUNTIME}
ARG COMMAND
COPY requirements.txt /requirements.txt
RUN uv venv -q "/opt/upstreams/${COMMAND}" \
 && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt uv pip sync --python "/opt/upstreams/${COMMAND}" --require-hashes --compile-bytecode /requirements.txt \
 && test -x "/opt/upstreams/${COMMAND}/bin/${COMMAND}"
COPY preloaded.py /opt/upstreams/${COMMAND}/preloaded.py
COPY start-forked.py /launchers/${COMMAND}
RUN chmod 755 "/launchers/${COMMAND}"
