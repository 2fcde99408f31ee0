#!/bin/bash
# No lost signatures: 32 processes sign one digest at once with 32 keys. Every signature that was reported done is there afterwards.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
needs crane openssl

writers=${WRITERS:-32}
for number in $(seq "$writers"); do
  (umask 077; openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$number.pem")
  openssl pkey -in "$number.pem" -pubout -out "$number.pub"
done

sign_at_once() { # FORMAT REF; leaves N.code
  local number pids=()
  rm -f go ./*.code
  for number in $(seq "$writers"); do
    (
      until [ -e go ]; do sleep 0.01; done
      "$hallmark" sign --timeout 120s --key "$number.pem" --format "$1" "$2" >"$number.out" 2>&1
      echo $? >"$number.code"
    ) &
    pids+=($!)
  done
  sleep 0.5; touch go
  wait "${pids[@]}"
}

race() { # FORMAT REGISTRY_KIND
  local says="$1, $2 registry" number done=0 there=0 kept=0 refusals=""
  push_image "$registry/race/$1:1"
  local ref=$registry/race/$1@$digest
  local begin=$SECONDS
  sign_at_once "$1" "$ref"
  for number in $(seq "$writers"); do
    local said=no found=no
    [ "$(cat "$number.code")" = 0 ] && said=yes
    "$hallmark" verify --key "$number.pub" --format "$1" "$ref" >out 2>&1 && found=yes
    [ $said = yes ] && done=$((done + 1)) || refusals="$refusals $number: $(words_of "$number.out")"
    [ $found = yes ] && there=$((there + 1))
    [ $said$found = yesno ] || kept=$((kept + 1))
  done
  if [ "$kept" -eq "$writers" ]; then pass "no signature reported done is lost ($says)"
  else fail "no signature reported done is lost ($says)" "$done of $writers were reported done, $there are there"; fi
  if [ "$done" -eq "$writers" ]; then pass "all $writers writers were done, in $((SECONDS - begin)) s ($says)"
  else fail "all $writers writers were done ($says)" "$done of them:${refusals:0:600}"; fi
}

for registry_kind in $registry_kinds; do
  start_registry "$registry_kind"
  for format in bundle simple; do race "$format" "$registry_kind"; done
done
finish
