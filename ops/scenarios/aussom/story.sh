# The AUSSOM story, told through the CLI only. Sourced by ops/demo and ops/scenarios/run, which give
# $bin, $home (the run's folder), lib.sh and nodes.sh.

scenario=ops/scenarios/aussom
daemons=([un]="un un-finance un-logistics" [au]=au [ecowas]=ecowas [kenya]=kenya)
services=([un]=directory,mandate,information,training,witness [un-finance]=finance
  [un-logistics]=logistics)
title=([un]="United Nations" [au]="African Union"
  [ecowas]="Economic Community of West African States" [kenya]="Kenya, contingent of AUSSOM")
first_person=([un]=1001 [au]=1101 [ecowas]=1201 [kenya]=1301)
exercise_clock=2026-03-02T08:00:00Z

# reference OPERATION KIND ARGS...: entered by one mandate officer of the UN, confirmed by the
# other.
reference() {
  local operation=$1 number; shift
  run_quietly un:mandate-1 reference add "$operation" --kind "$@"
  number=$(read_json un:mandate-1 reference list --for "$operation" | jq -r '.[-1].number')
  run_quietly un:mandate-2 reference confirm "$operation" "$number"
}

for chapter in organizations sharing mandate training money goods onward refusals \
  assessed absence audit; do
  # shellcheck source=/dev/null
  . "$scenario/$chapter.sh"
done
