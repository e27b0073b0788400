# A stdio upstream from PyPI that is installed by name, to be copied into LiteLLM's image.
ARG RUNTIME
FROM ${RUNTIME}
ARG NAME
ARG COMMAND
ARG LAUNCHER
# Leaves out what was published later; empty for everything.
ARG BEFORE
COPY requirements.in /requirements.in
RUN uv venv -q "/opt/upstreams/${NAME}" \
 && SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt uv pip install ${BEFORE:+--exclude-newer $BEFORE} --python "/opt/upstreams/${NAME}" --compile-bytecode -r /requirements.in \
 && mkdir /launchers && ln -s "/opt/upstreams/${NAME}/bin/${COMMAND}" "/launchers/${LAUNCHER}" \
 && test -x "/launchers/${LAUNCHER}"
