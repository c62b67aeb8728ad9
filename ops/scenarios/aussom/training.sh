# A joint exercise, arranged from three calendars. A chapter of story.sh.

step "Planners, venues and instructors"
number=5000
for org in un au ecowas; do
  make_post "$org" training-cell "Training Planner" TRAINING_PLANNER
  for officer in planner planner-2; do
    number=$((number + 1))
    appoint "$org" "$officer" "$number" training-cell
  done
  await "$org:planner" '. == []' exercise list
done
opening=(--from 2026-01-01 --to 2026-12-31)
run un:planner venue add nairobi --title "Nairobi" --unlocode KENBO --capacity 100 "${opening[@]}"
run_quietly un:planner instructor add i-7 --person 7007 --qualification CPX-CONTROL \
  --language en --language fr "${opening[@]}"
run_quietly ecowas:planner instructor add i-3 --person 3303 --language fr "${opening[@]}"
run un:planner calendar block venue:NAIROBI --from 2026-09-09 --from-half afternoon \
  --reason "maintenance"

step "Standards are dated data, entered by one person and confirmed by another (T-4, T-8)"
bin=$bin ops/scenarios/training/standards au:planner au:planner-2
expect au:planner "six standards are in force" \
  'length == 6 and all(.state == "CONFIRMED" and .proposed_by != .confirmed_by)' standard list

step "The AU proposes a joint CPX"
# propose SEATS: seats for ECOWAS as in --offer; the exercise's id is in $exercise.
propose=(exercise propose --kind cpx --title "Amani" --from 2026-09-07 --to 2026-09-11
  --ipc 2026-03-04 --mpc 2026-04-20 --fpc 2026-07-20 --seats 30 --hold 14d
  --venue un/nairobi --instructor un/i-7:CPX-CONTROL:fr --instructor ecowas/i-3::fr)
refused au:planner 4 WOMEN_MINIMUM "${propose[@]}" \
  --offer ecowas:experts-and-staff-officers:12:2:1:1
run au:planner "${propose[@]}" --offer ecowas:experts-and-staff-officers:12:4:1:1 \
  --offer au:experts-and-staff-officers:10:3
exercise=$(read_json au:planner exercise list | jq -r '.[0].name | sub("exercises/"; "")')
expect au:planner "a warning: the FPC is later than two months before" \
  '[.warnings[] | .conference] == ["FPC"]' exercise show "$exercise"
for org in un ecowas; do
  await "$org:planner" '.state == "PROPOSED" and .status == "EXERCISE"' exercise show "$exercise"
done
run un:planner inbox

step "The UN's calendar says no, and when it could say yes"
refused un:planner 4 CLASH exercise answer "$exercise" --line 1 --line 2 --accept --hold 7d
run un:planner exercise answer "$exercise" --line 1 --decline --reason clash \
  --suggest-from 2026-09-10
await au:planner '.lines[0].state == "DECLINED"' exercise show "$exercise"
expect au:planner "where the UN is free" '.lines[0].suggested[1].start.day == 15' \
  exercise show "$exercise"
run au:planner exercise move "$exercise" --from 2026-09-21 --to 2026-09-25
await un:planner '.lines[0].state == "ASKED" and .days.start.day == 21' exercise show "$exercise"
await ecowas:planner '.lines[2].state == "ASKED" and .days.start.day == 21' \
  exercise show "$exercise"

step "Everyone answers from their own calendar; slots and seats move in both ledgers"
run un:planner exercise answer "$exercise" --line 1 --line 2 --accept --hold 7d
run ecowas:planner exercise answer "$exercise" --line 3 --line 4 --accept --hold 7d
await au:planner '[.lines[].state] | all(. == "POSTED")' exercise show "$exercise"
await un:planner '[.[] | select(.state == "SETTLED")] | length == 2' booking list
run au:planner booking list
expect un:planner "five days of Nairobi are given" \
  '.given_days == "5" and .held_days == "0" and .available_days == "360"' venue show nairobi
expect ecowas:planner "twelve seats are here, four of them for women" \
  '.state == "POSTED" and .quantity == 12 and .women_min == 4' booking show BKG-AU-26-0001
taken=(--kind ttx --title "Another" --hold 1d --venue un/nairobi)
run_quietly au:planner exercise propose "${taken[@]}" --from 2026-09-25
await un:planner 'length == 2' exercise list
refused un:planner 4 CLASH exercise answer EXR-AU-26-0002 --line 1 --accept --hold 7d

step "Seats are filled by sex; shares are of counts (T-8)"
refused ecowas:planner 4 WOMEN_MINIMUM exercise nominate "$exercise" --line 4 --male 9
run_quietly ecowas:planner exercise nominate "$exercise" --line 4 --male 6 --female 3 \
  --leaders-female 1
run_quietly au:planner exercise nominate "$exercise" --line 5 --female 1
await au:planner '.nominated == {"female": 4, "male": 6, "unstated": 0} and .women_bp == 4000' \
  exercise seats "$exercise"
run au:planner exercise seats "$exercise"

step "Confirmed, and in everyone's calendar"
run au:planner exercise confirm "$exercise"
await ecowas:planner '.state == "CONFIRMED"' exercise show "$exercise"
run ecowas:planner exercise ics "$exercise" --out "$home/$exercise.ics"
grep --quiet "LOCATION:Nairobi (KENBO)" "$home/$exercise.ics" \
  && grep --quiet "X-CH8-STATUS:EXERCISE" "$home/$exercise.ics" || die "the .ics says otherwise"
checks=$((checks + 1))
