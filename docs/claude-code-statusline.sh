#!/bin/sh
# A status line for Claude Code: what is left of the allowance at Stipend. Needs curl.
#
#   USD 312.40 of 400.00 left, resets 2026-12-01
#
# Asks the gateway that Claude Code talks to (ANTHROPIC_BASE_URL), with the same key; takes one
# second at most and never fails. Nothing but plain words and figures is ever printed.
set -u
exec 2> /dev/null

# Claude Code tells of its session here; nothing of it is needed.
[ -t 0 ] || cat > /dev/null

url=${ANTHROPIC_BASE_URL:-}
key=${ANTHROPIC_AUTH_TOKEN:-${ANTHROPIC_API_KEY:-}}
case $url in
  http://* | https://*) ;;
  *) exit 0 ;;
esac
# What is no plain key could say something else to curl below.
case $key in
  '' | *[!A-Za-z0-9._~+/=-]*) exit 0 ;;
esac

# The key goes through a pipe: an argument would stand in the list of processes.
said=$(printf 'header = "Authorization: Bearer %s"\n' "$key" |
  curl -q -s -f -m 1 --max-filesize 1000000 -K - "${url%/}/stipend/v1/me") || {
  echo "balance unknown: no answer from Stipend"
  exit 0
}

# The first text or number of this name, which is that of the tightest budget; empty if there is none.
field() {
  case $said in
    *"\"$1\":\""*) rest=${said#*"\"$1\":\""} && value=${rest%%\"*} ;;
    *) value= ;;
  esac
  case $value in
    *[!A-Za-z0-9.:-]*) value= ;;
  esac
  printf %s "$value"
}

# A decimal in hundredths, cut off: what is left is not overstated.
hundredths() {
  sign= whole=${1%%.*} part=00
  case $1 in
    -*) sign=- whole=${whole#-} ;;
  esac
  case $1 in
    *.*) part=${1#*.}00 ;;
  esac
  part=${part%"${part#??}"}
  # A 1 in front keeps the shell from reading 08 as an octal number.
  echo "$sign$((${whole:-0} * 100 + 1$part - 100))"
}

money() {
  sign= cents=$1
  case $cents in
    -*) sign=- cents=${cents#-} ;;
  esac
  printf '%s%d.%02d' "$sign" $((cents / 100)) $((cents % 100))
}

# When that instant is here; by its own words where date knows neither way to say it.
day() {
  date -d "$1" +%Y-%m-%d && return
  epoch=$(date -j -u -f %Y-%m-%dT%H:%M:%SZ "$1" +%s) && date -r "$epoch" +%Y-%m-%d && return
  echo "${1%%T*}"
}

unit=$(field unit)
given=0
for part in unit remaining granted carried received; do
  amount=$(field "$part")
  # Whatever answered, only figures are shown.
  case $part:$amount in
    *:) exit 0 ;;
    unit:*) continue ;;
    *:*[!0-9.-]*) exit 0 ;;
    remaining:*) left=$amount ;;
    *) given=$((given + $(hundredths "$amount"))) ;;
  esac
done
if [ "$unit" = tokens ]; then
  line="$left of $((given / 100)) tokens left"
else
  line="$unit $(money "$(hundredths "$left")") of $(money "$given") left"
fi
resets=$(field resets_at)
case $resets in
  [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*) line="$line, resets $(day "$resets")" ;;
esac
case $said in
  *'"frozen":true'*) line="$line; frozen" ;;
esac
echo "$line"
