#!/usr/bin/env bash
# curl and nghttp against a listener: what they get, in which version, over what.
#   foreign_clients.sh path/to/net-io-scripted-server
set -euo pipefail

server=$1
folder=$(mktemp -d)
trap 'exec 3>&-; wait; rm -rf "$folder"' EXIT

mkfifo "$folder/in" "$folder/out"
"$server" "$folder" <"$folder/in" >"$folder/out" 2>"$folder/log" &
exec 3>"$folder/in" 4<"$folder/out"
read -r plain <&4
read -r tls <&4
read -r unix <&4
tls=localhost:${tls##*:}
failures=0

# expect NAME WANTED COMMAND...
expect() {
  local name=$1 wanted=$2 got
  shift 2
  got=$(timeout 20 "$@" 2>&1) || true
  if [[ $got != "$wanted" ]]; then
    echo "FAILED $name: wanted \"$wanted\", got \"${got:0:300}\""
    failures=$((failures + 1))
  else
    echo "ok $name"
  fi
}

version='\n%{http_version} %{http_code}'
curl=(curl -s --max-time 20 -w "$version")
secure=("${curl[@]}" --cacert "$folder/ca.pem")
head -c 3000000 /dev/zero | tr '\0' x >"$folder/body"

expect "prior knowledge" $'/a\n2 200' "${curl[@]}" --http2-prior-knowledge "http://$plain/a"
expect "upgrade" $'/a\n2 200' "${curl[@]}" --http2 "http://$plain/a"
expect "upgrade with a body" $'/ahello\n2 200' "${curl[@]}" --http2 -d hello "http://$plain/a"
expect "HTTP/1.1 on the same port" $'/a\n1.1 200' "${curl[@]}" --http1.1 "http://$plain/a"
expect "ALPN chooses HTTP/2" $'secure\n2 200' "${secure[@]}" --http2 "https://$tls/names"
expect "ALPN chooses HTTP/1.1" $'secure\n1.1 200' "${secure[@]}" --http1.1 "https://$tls/names"
expect "TLS 1.2" $'/a\n2 200' "${secure[@]}" --tls-max 1.2 "https://$tls/a"
expect "a Unix socket" $'/a\n2 200' "${curl[@]}" --http2-prior-knowledge --unix-socket "${unix#unix:}" http://x/a
expect "a large body" $'3000002' bash -c "curl -s --http2-prior-knowledge --data-binary @'$folder/body' http://$plain/a | wc -c"
expect "a large answer" $'8388608' bash -c "curl -s --http2-prior-knowledge http://$plain/big | wc -c"
expect "a large answer within TLS" $'8388608' bash -c "curl -s --cacert '$folder/ca.pem' https://$tls/big | wc -c"
expect "plain to TLS" $'this port speaks TLS\n\n1.1 400' "${curl[@]}" "http://$tls/a"
expect "nghttp" "/a" nghttp "http://$plain/a"
expect "nghttp by upgrade" "/a" nghttp -u "http://$plain/a"
expect "nghttp on many streams" "" nghttp -n -m 100 "http://$plain/a"
expect "a stream with flow control" "3000000" bash -c "nghttp -w 12 -W 12 -d '$folder/body' http://$plain/stream/echo | wc -c"
curl -s "https://$plain/a" >"$folder/refused" 2>&1 && failures=$((failures + 1))
curl -s "https://$tls/a" >"$folder/refused" 2>&1 && failures=$((failures + 1))

# End, and see what the listeners had to say.
exec 3>&-
wait
expect "the log names both wrong protocols and the wrong authority" "3" \
  grep -cE "speaks plain HTTP/1.1 to|speaks TLS to|does not trust the authority" "$folder/log"
[[ ! -e ${unix#unix:} ]] || { echo "FAILED the socket file is still there"; failures=$((failures + 1)); }
exit $((failures > 0))
