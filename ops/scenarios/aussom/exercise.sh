# A joint command-post exercise, agreed calendar by calendar. A chapter of story.sh.

step "The AU proposes a joint exercise; each organization answers from its own calendar"
number=5000
for org in "${organizations[@]}"; do
  number=$((number + 1))
  make_post "$org" training-desk "Training Planner" TRAINING_PLANNER
  appoint "$org" planner "$number" training-desk
done
for org in "${organizations[@]}"; do await "$org:planner" '. == []' exercise list; done
run un:planner venue add entebbe --title "Regional Service Centre Entebbe" --unlocode UGEBB \
  --capacity 60 --from 2026-01-01 --to 2026-12-31
run un:planner instructor add i-7 --person 9007 --qualification CPX-CONTROL --language en \
  --from 2026-01-01 --to 2026-12-31
run ecowas:planner instructor add i-12 --person 9112 --qualification CPX-CONTROL --language fr \
  --language en --from 2026-01-01 --to 2026-12-31
run ecowas:planner calendar block instructor:i-12 --from 2026-05-06 --to 2026-05-09 \
  --reason "on mission"
run au:planner exercise propose --kind cpx --title "Joint command-post exercise" \
  --from 2026-05-04 --to 2026-05-08 --seats 24 --hold 14d --venue un/entebbe \
  --instructor un/i-7:CPX-CONTROL:en --instructor ecowas/i-12:CPX-CONTROL:fr \
  --offer ecowas:troops:12:4:2:1
exercise=EXR-AU-26-0001
await ecowas:planner '.state == "PROPOSED"' exercise show $exercise
refused ecowas:planner 4 CLASH exercise answer $exercise --line 3 --accept --hold 7d
say "The AU moves it to the first days that are free."
run au:planner exercise move $exercise --from 2026-05-11 --to 2026-05-15
for org in un ecowas; do
  await "$org:planner" '.days.start.day == 11' exercise show $exercise
done
run un:planner exercise answer $exercise --line 1 --line 2 --accept --hold 7d
run ecowas:planner exercise answer $exercise --line 3 --accept --hold 7d
run ecowas:planner exercise answer $exercise --line 4 --accept
await au:planner '[.lines[] | select(.state != "POSTED")] == []' exercise show $exercise
for org in un ecowas; do
  await "$org:planner" '[.[] | select(.state != "POSTED" and .state != "SETTLED")] == []' \
    booking list
done
expect un:planner "venue and instructor days are given, in both ledgers" \
  'length == 2 and all(.posted_quantity == "5")' booking list
run un:planner calendar show venue:entebbe

step "Seats are filled by sex, leadership posts among them"
refused ecowas:planner 4 WOMEN_MINIMUM exercise nominate $exercise --line 4 --female 1 --male 9
run ecowas:planner exercise nominate $exercise --line 4 --female 5 --male 7 --leaders-female 1 \
  --leaders-male 1
run au:planner exercise confirm $exercise
await un:planner '.state == "CONFIRMED"' exercise show $exercise
run au:planner exercise ics $exercise --out "$home/exercise.ics"
grep --quiet '^BEGIN:VEVENT' "$home/exercise.ics" && grep --quiet EXERCISE "$home/exercise.ics" \
  || die "the .ics file says nothing of an exercise"
checks=$((checks + 1))
