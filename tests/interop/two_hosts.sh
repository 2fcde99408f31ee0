#!/bin/bash
# What risk remains across machines: two network namespaces, which share no lock, sign one digest at once, N times each.
# Prints the figures that docs/signing.md states: signatures reported done, lost, and refused because the tag was never stable.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
needs crane openssl ip

[ "$(id -u)" -eq 0 ] || { skip two_hosts "network namespaces need root"; finish; }
hosts="a b"
each=${ROUNDS:-24}
prefix=hm$$
ip netns add "${prefix}a" 2>out || { skip two_hosts "no network namespace can be made: $(words_of out)"; finish; }
at_exit+=("for host in $hosts; do ip netns delete $prefix\$host; done 2>/dev/null")
ip netns add "${prefix}b"

# One address pair a host, from TEST-NET-2; the registry listens on all addresses and both see the same one.
network=0
for host in $hosts; do
  network=$((network + 4))
  ip link add "$prefix$host" type veth peer name eth0 netns "$prefix$host"
  ip address add "198.51.100.$((network + 1))/30" dev "$prefix$host"
  ip link set "$prefix$host" up
  ip -n "$prefix$host" address add "198.51.100.$((network + 2))/30" dev eth0
  ip -n "$prefix$host" link set eth0 up
  mkdir "$host" "$host/run" "$host/tmp" "$host/home"
done

for host in $hosts; do
  for number in $(seq "$each"); do
    (umask 077; openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$host/$number.pem")
    openssl pkey -in "$host/$number.pem" -pubout -out "$host/$number.pub"
  done
done

# One machine signs: one process after the other, as its own lock would have it anyway.
sign_on() { # HOST ADDRESS FORMAT
  local number
  until [ -e go ]; do sleep 0.01; done
  for number in $(seq "$each"); do
    ip netns exec "$prefix$1" env HOME="$work/$1/home" TMPDIR="$work/$1/tmp" XDG_RUNTIME_DIR="$work/$1/run" \
      "$hallmark" sign --timeout 60s --plain-http --key "$1/$number.pem" --format "$3" "$2" >"$1/$number.out" 2>&1
    echo $? >"$1/$number.code"
  done
}

contend() { # FORMAT REGISTRY_KIND
  local says="$1, $2 registry" port=${registry##*:} number host done=0 lost=0 refused=0 pids=() network=0 why=""
  push_image "127.0.0.1:$port/contended/$1:1"
  rm -f go
  for host in $hosts; do
    network=$((network + 4))
    sign_on "$host" "198.51.100.$((network + 1)):$port/contended/$1@$digest" "$1" &
    pids+=($!)
  done
  touch go
  wait "${pids[@]}"
  for host in $hosts; do
    for number in $(seq "$each"); do
      if [ "$(cat "$host/$number.code")" != 0 ]; then refused=$((refused + 1)); why=$(words_of "$host/$number.out"); continue; fi
      done=$((done + 1))
      "$hallmark" verify --key "$host/$number.pub" --format "$1" "127.0.0.1:$port/contended/$1@$digest" >out 2>&1 || lost=$((lost + 1))
    done
  done
  echo "figure: two hosts, $says: $((each * 2)) signatures, $done reported done, $lost of these lost, $refused refused${why:+ (last: $why)}"
  # Refusing is honest, but a tool that refused most would be of no use.
  if [ $((done * 2)) -ge $((each * 2)) ]; then pass "two hosts get their signatures in ($says)"
  else fail "two hosts get their signatures in ($says)" "only $done of $((each * 2)); last: $why"; fi
  if [ "$lost" -eq 0 ]; then pass "two hosts lose nothing ($says)"
  else fail "two hosts lose nothing ($says)" "$lost of $done signatures reported done are gone"; fi
}

for registry_kind in $registry_kinds; do
  listen=0.0.0.0 start_registry "$registry_kind"
  for format in bundle simple; do contend "$format" "$registry_kind"; done
done
finish
