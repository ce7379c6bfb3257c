# Login shells (su -, ssh) forget the image's environment; these are the parts of it that people and programs on a host need.
for bin in /usr/lib/postgresql/*/bin; do
  [ -d "$bin" ] && PATH="$bin:$PATH" && export PGDATA="/var/lib/postgresql/$(basename "$(dirname "$bin")")/main"
done
export PATH PGHOST=/var/run/postgresql LANG=C.UTF-8 PATRONICTL_CONFIG_FILE=/etc/patroni/config.yml
