# Optimizes Keycloak, makes its tables with the realm 'master', and archives the classes that a boot loads. Keycloak makes an
# administrator for a new database only: this one makes the deployment's (parts/deployment/keycloak-administrator.ts).
set -eu
cd /opt/keycloak
export JAVA_OPTS_KC_HEAP="-Xms64m -Xmx400m" JAVA_OPTS_APPEND="-XX:TieredStopAtLevel=1"
bin/kc.sh build --db=dev-file --health-enabled=true
export JAVA_OPTS_APPEND="-XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit=/opt/keycloak/classes.jsa"
KC_BOOTSTRAP_ADMIN_USERNAME=image-admin KC_BOOTSTRAP_ADMIN_PASSWORD=image-admin \
  bin/kc.sh start --optimized --cache=local --http-enabled=true --hostname=http://localhost:8080 &
keycloak=$!
# It listens before its database is ready, and answers 503 until then.
until curl --silent --fail --output /dev/null http://localhost:8080/realms/master/.well-known/openid-configuration; do
  kill -0 "$keycloak"
  sleep 1
done
kill -TERM "$keycloak"
wait "$keycloak" || true
test -f classes.jsa && test -f data/h2/keycloakdb.mv.db
