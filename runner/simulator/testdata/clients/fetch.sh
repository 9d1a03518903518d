#!/bin/sh
# Submits one task, polls it, prints the URL of its result, and downloads it:
#
#   APIXO_BASE_URL=http://127.0.0.1:8080 APIXO_API_KEY=key sh fetch.sh 'a pier' DIRECTORY
#
# It needs curl and sed, knows the API from its documentation, and nothing of
# apixo-batch. The prompt must not hold quotes or backslashes.
set -eu
base=${APIXO_BASE_URL%/}/api/v1
model=nano-banana
prompt=$1 directory=$2
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

# api prints the answer to a call, and repeats what the documentation says to
# repeat: 429, 500, 503 and 504.
api() {
	attempt=0
	while [ "$attempt" -lt 10 ]; do
		code=$(curl --silent --show-error --max-time 30 --header "Authorization: Bearer $APIXO_API_KEY" \
			--dump-header "$scratch/headers" --output "$scratch/body" --write-out '%{http_code}' "$@")
		case $code in
		200) cat "$scratch/body" && return ;;
		429 | 500 | 503 | 504) ;;
		*) break ;;
		esac
		attempt=$((attempt + 1))
		seconds=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]*\).*/\1/p' "$scratch/headers")
		sleep "${seconds:-0.2}"
	done
	cat "$scratch/body" >&2
	return 1
}

# field prints the text under a key of the envelope's data.
field() { sed -n "s/.*\"$1\":\"\([^\"\\\\]*\)\".*/\1/p"; }

answer=$(api --header 'Content-Type: application/json' \
	--data "{\"request_type\":\"async\",\"input\":{\"mode\":\"text-to-image\",\"prompt\":\"$prompt\",\"aspect_ratio\":\"16:9\"}}" \
	"$base/generateTask/$model")
task=$(printf '%s\n' "$answer" | field taskId)

state=pending
while [ "$state" = pending ] || [ "$state" = processing ]; do
	sleep 0.1
	answer=$(api --get --data-urlencode "taskId=$task" "$base/statusTask/$model")
	state=$(printf '%s\n' "$answer" | field state)
done
if [ "$state" != success ]; then
	printf '%s\n' "$answer" | field failCode >&2
	exit 3
fi

# resultJson is JSON inside a string: its quotes are escaped.
url=$(printf '%s\n' "$answer" | sed 's/\\//g; s/.*"resultUrls":\["\([^"]*\)".*/\1/')
printf '%s\n' "$url"
curl --silent --show-error --fail --output "$directory/0.${url##*.}" "$url"
