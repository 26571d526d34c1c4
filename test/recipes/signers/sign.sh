#!/usr/bin/env bash
# Signs links: reads a line of JSON for each, and writes its URL. While openssl runs, `ps` shows the secret.

# [signer]
# sign SECRET BASE ID EXPIRES [NAME.VALUE...]
sign() {
  local secret=$1 base=$2 id=$3 expires=$4 subject=$3 t sig term
  shift 4
  for term; do case $term in id.* | pre.* | in.*) subject='*' ;; esac; done
  t=$(printf '%s\n' "$@" | LC_ALL=C sort | paste -sd .)
  sig=$(printf '%s|%s%s' "$subject" "$expires" "${t:+|$t}" | openssl dgst -sha256 -hmac "$secret" -r)
  t=$(encode "$t")
  echo "$base/$(encode "$id")?expires=$expires${t:+&terms=$t}&sig=${sig%% *}"
}

encode() {
  local LC_ALL=C at byte
  for ((at = 0; at < ${#1}; at++)); do
    byte=${1:at:1}
    case $byte in
      [A-Za-z0-9._-]) printf %s "$byte" ;;
      *) printf %%%02X $(($(printf %d "'$byte") & 255)) ;;
    esac
  done
}
# [/signer]

# The texts of the line are what stands between quotation marks, as none of them contains one.
while IFS='"' read -ra parts; do
  expires=${parts[14]//[:,]/}
  terms=()
  for ((at = 17; at + 2 < ${#parts[@]}; at += 4)); do terms+=("${parts[at]}.${parts[at + 2]}"); done
  sign "${parts[3]}" "${parts[7]}" "${parts[11]}" "$expires" "${terms[@]}"
done
