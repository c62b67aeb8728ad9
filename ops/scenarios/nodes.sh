# The nodes a scenario plays on: keys, daemons on loopback, contexts. Sourced beside lib.sh by the
# demo and by ops/scenarios/run, which give $bin and $home, the run's own folder. The story says
# who takes part, before it starts a node:
#   daemons         organization -> its daemons
#   services        daemon -> what it hosts, of those that do not host everything
#   title           organization -> its name
#   first_person    organization -> the number of its first administrator
#   exercise_clock  when the story begins
# and, when days go by between two starts,
#   exercise_ahead  how many since the beginning, e.g. 48h
# and, when machines are to be booted,
#   boot_markers    a folder with one for each daemon that a boot would empty
# and, where it matters,
#   flags           daemon -> further ones, at every start

declare -A flags=() daemons=() services=() title=() first_person=() pid=() port=()
exercise_clock='' exercise_ahead='' boot_markers=''

stop_nodes() {
  local daemon
  for daemon in "${!pid[@]}"; do kill -TERM "${pid[$daemon]}" 2>/dev/null || true; done
  for daemon in "${!pid[@]}"; do wait "${pid[$daemon]}" 2>/dev/null || true; done
}

# A port that is free now, below those that clients are given, into $free. The organization's signed
# record names it, so it is chosen before.
free_port() {
  while
    free=$((20000 + SRANDOM % 12000))
    [[ " ${port[*]} " == *" $free "* ]] || (exec 3<>"/dev/tcp/127.0.0.1/$free") 2>/dev/null
  do :; done
}

# restart_daemon DAEMON [FLAG...]
restart_daemon() {
  local daemon=$1 org=${1%%-*} tries=0 hosted=(); shift
  [ -z "${services[$daemon]:-}" ] || hosted=(--services "${services[$daemon]}")
  [ -z "$exercise_ahead" ] || hosted+=(--exercise-ahead "$exercise_ahead")
  [ -z "$boot_markers" ] || hosted+=(--boot-markers "$boot_markers/$daemon")
  [ -z "${flags[$daemon]:-}" ] || read -ra hosted <<<"${hosted[*]} ${flags[$daemon]}"
  rm -f "$home/$daemon-data/endpoints.json"
  "$bin/ch8d" --home "$home/$org/node" --data "$home/$daemon-data" "${hosted[@]}" \
    --federation-listen "127.0.0.1:${port[$daemon]}" "$@" >>"$home/$daemon.log" 2>&1 &
  pid[$daemon]=$!
  until [ -f "$home/$daemon-data/endpoints.json" ]; do
    kill -0 "${pid[$daemon]}" 2>/dev/null || die "$daemon ended; see $home/$daemon.log"
    tries=$((tries + 1)); [ "$tries" -lt 600 ] \
      || die "$daemon does not start; see $home/$daemon.log"
    sleep 0.05
  done
}

kill_daemon() {
  kill -KILL "${pid[$1]}"
  wait "${pid[$1]}" 2>/dev/null || true
}

# kill_and_restart DAEMON: kill -9 in the middle of things, and a restart.
kill_and_restart() {
  say "kill -9 on $1; it starts again."
  kill_daemon "$1"
  restart_daemon "$1"
}

# start_node ORG: keys and folders of an organization, then its daemons.
start_node() {
  local org=$1 daemon name endpoints=() first=${first_person[$1]}
  for daemon in ${daemons[$org]}; do
    free_port
    port[$daemon]=$free
    # An endpoint is named after the one service it is for, or else "federation".
    name=${daemon#"$org"}
    name=${name#-}
    endpoints+=(--endpoint "${name:-federation}=127.0.0.1:${port[$daemon]}")
  done
  printf '%s\n' \
    "${dim}\$ ch8 org init $home/$org --id $org --domain $org.example …${plain}"
  "$bin/ch8" org init "$home/$org" --id "$org" --domain "$org.example" --name "${title[$org]}" \
    --admin "$org-admin-1=$first" --admin "$org-admin-2=$((first + 1))" "${endpoints[@]}"
  for daemon in ${daemons[$org]}; do
    restart_daemon "$daemon" --exercise-clock "$exercise_clock"
  done
}

# The --endpoints options that reach all daemons of ORG.
endpoints_of() {
  local daemon
  for daemon in ${daemons[$1]}; do
    printf '%s\n' --endpoints "$home/$daemon-data/endpoints.json"
  done
}

# add_context CONTEXT DEVICE
add_context() {
  local options
  mapfile -t options < <(endpoints_of "${1%%:*}")
  "$bin/ch8" context add "$1" --officer-dir "$2" "${options[@]}"
}

fingerprint_of() {
  "$bin/ch8" org record show "$home/$1/org.record" 2>/dev/null | sed -n 's/^fingerprint *//p'
}

# start_organization ORG: its node, and its two administrators.
start_organization() {
  local org=$1 n
  start_node "$org"
  for n in 1 2; do
    add_context "$org:admin-$n" "$home/$org/officers/$org-admin-$n" >/dev/null 2>&1
  done
}

# pin ORG OTHER: by two persons of ORG.
pin() {
  local org=$1 other=$2 print
  print=$(fingerprint_of "$other")
  run_quietly "$org:admin-1" org pin "$home/$other/org.record" --fingerprint "$print"
  run_quietly "$org:admin-2" org confirm "$other" --fingerprint "$print"
  expect "$org:admin-1" "${other^^} is pinned, by two persons" \
    '.state == "PINNED" and .proposed_by != .confirmed_by' org show "$other"
}

# start_organizations ORG...: their nodes, and each pinned by the others.
start_organizations() {
  local org other
  for org; do start_organization "$org"; done
  say "The organizations exchange their records as files and compare fingerprints by telephone."
  for org; do
    for other; do [ "$org" = "$other" ] || pin "$org" "$other"; done
  done
}
