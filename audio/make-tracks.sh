#!/usr/bin/env bash
# Makes the three demo tracks next to this script. Needs sox and ffmpeg.
set -euo pipefail
set -f # the scores are split on spaces, never matched against files
here=$(CDPATH='' cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

rate=44100 # bars are measured in samples, as bash has no fractions
declare -A level=([pad]=48 [bass]=220 [harp]=200 [lead]=270) # thousandths
declare -A width=([pad]=20 [bass]=0 [harp]=70 [lead]=30)     # left to right

# 32 bits, so that quiet tails survive until the final gain.
make() { sox -n -r "$rate" -b 32 -c 1 "$@"; }

# note VOICE PITCH: prints the file of one mono note, made on first use.
# "fade l" loses a constant number of dB per second, as a struck thing does.
note() {
  local file=$id-$1-$2.wav overtone=${2%?}$((${2: -1} + 2))
  [[ -f $file ]] || case $1 in
    pad) # half a bar longer than its bar, so that neighbours cross-fade
      make true.wav synth "$((bar * 2))s" triangle "$2"
      make sharp.wav synth "$((bar * 2))s" triangle "$2" speed 1.002
      sox -m -v 0.3 true.wav -v 0.3 sharp.wav "$file" lowpass 1200 \
        fade t "$((bar / 2))s" "$((bar * 3 / 2))s" "$((bar / 2))s" ;;
    bass) # longer than two bars: it makes the mixed bar long enough
      make "$file" synth 6.2 sine "$2" synth 6.2 triangle mix "$2" lowpass 400 \
        fade t 0.02 fade l 0 6.2 6.2 ;;
    harp)
      make "$file" synth 3 pluck "$2" highpass 60 lowpass 3200 fade t 0.003 3 1 ;;
    lead)
      make body.wav synth 6 sine "$2" fade t 0.006 fade l 0 6 6
      make strike.wav synth 1.5 sine "$overtone" fade t 0.003 fade l 0 1.5 1.5
      sox -m -v 0.7 body.wav -v "$strike" strike.wav "$file" $colour ;;
  esac
  echo "$file"
}

# add VOICE PITCH START PLACE: the place in its part moves a note across the stereo.
add() {
  local pan=$((${width[$1]} * (($4 + 1) % 3 - 1)))
  notes+=("$(note "$1" "$2")") starts+=("${3}s")
  left+=$(printf ',%dv0.%03d' "${#notes[@]}" $((${level[$1]} - pan)))
  right+=$(printf ',%dv0.%03d' "${#notes[@]}" $((${level[$1]} + pan)))
}

# play BASS HARP BAR...: each BAR is the name of a chord and a tune. A part is
# spread evenly over the bar. Besides pitches it may have "-" for a rest, 0 to 5 for
# the chord's notes (two of them for the bass), 6 to 9 for the last four an octave up.
play() {
  local bass=($1) harp=($2) score voice token i
  for score in "${@:3}"; do
    local chord=(${chords[${score%%:*}]}) lead=(${score#*:})
    local notes=() starts=() left='' right=''
    for i in 0 1 2 3; do add pad "${chord[i + 2]}" 0 "$i"; done
    for voice in bass harp lead; do
      local -n part=$voice
      for i in "${!part[@]}"; do
        token=${part[i]}
        case $token in
          -) continue ;;
          [0-5]) token=${chord[token]} ;;
          [6-9]) token=${chord[token - 4]} token=${token%?}$((${token: -1} + 1)) ;;
        esac
        add "$voice" "$token" $((bar * i / ${#part[@]})) "$i"
      done
    done
    bars+=("$id-${#bars[@]}.wav")
    sox -M "${notes[@]}" -b 32 "${bars[-1]}" delay "${starts[@]}" \
      remix "${left#,}" "${right#,}" trim 0 "$((bar * 2))s" fade t 0 "$((bar * 2))s" 0.3
  done
}

# finish TITLE REVERBERANCE ENCODER-OPTION...
finish() {
  local rows=('' '') i # two, as every bar rings on through the next one
  for i in "${!bars[@]}"; do rows[i % 2]+=" ${bars[i]}"; done
  sox ${rows[0]} even.wav
  sox ${rows[1]} odd.wav pad "${bar}s" 0
  sox -m -v 1 even.wav -v 1 odd.wav -b 32 "$id-mix.wav" \
    pad 0 1 reverb "$2" 50 70 100 20 fade t 1 -0 4 gain -n -3
  encode "$1" "${@:3}" <"$id-mix.wav"
}

# encode TITLE ENCODER-OPTION...: the wave on standard input.
encode() {
  ffmpeg -v error -y -i - -c:a libmp3lame "${@:2}" -id3v2_version 3 \
    -metadata title="$1" -metadata artist=express-signed-stream -metadata date=2026 \
    -metadata copyright='2026 CC0 1.0, public domain dedication' \
    -metadata license=https://creativecommons.org/publicdomain/zero/1.0/ "$here/$id.mp3"
}

# D major, flowing; the lead is a vibraphone, the tremolo its turning fan.
id=morning-tide bar=$((rate * 26 / 10)) bars=() strike=0.15 colour='tremolo 4.5 35'
declare -A chords=([D]='D2 A2 D3 A3 E4 F#4' [Bm]='B1 F#2 B2 F#3 D4 A4'
  [G]='G1 D2 G2 D3 B3 F#4' [A]='A1 E2 A2 E3 B3 C#4' [Em]='E2 B1 E3 B3 D4 F#4'
  [Fm]='F#2 C#2 F#3 C#4 E4 A4' [DF]='F#2 D2 F#3 A3 D4 E4')
still='2 - 3 - 4 - 5 -' up='2 3 4 5 6 5 4 3' wave='2 4 6 7 8 7 6 4'
tune=('D: F#5 - - E5 - - D5 -' 'Bm: - - A4 - B4 - D5 -' 'G: E5 - - D5 - - B4 -'
  'A: A4 - - - B4 - - -' 'D: F#5 - - A5 - - F#5 -' 'Bm: E5 - D5 - - - B4 -'
  'G: D5 - - E5 - - F#5 -' 'A: E5 - - - - - - -')
play '0 -' "$still" 'D: -' 'Bm: -' 'G: -'
play '0 -' "$up" 'A: -' "${tune[@]}"
play '0 - 1 -' "$wave" 'Em: G5 - F#5 - E5 - B4 -' 'A: C#5 - E5 - A5 - E5 -' \
  'Fm: F#5 - E5 - C#5 - A4 -' 'Bm: D5 - - F#5 - - B5 -' 'G: A5 - G5 - F#5 - D5 -'
play '0 - 1 -' "$up" 'DF: F#5 - - D5 - - A4 -' 'Em: G5 - F#5 - E5 - D5 -'
play '0 -' "$still" 'A: E5 - - - - - - -'
play '0 - - 1' "$up" "${tune[@]:0:4}"
play '0 - 1 -' "$wave" "${tune[@]:4}"
play '0 -' "$still" 'G: B4 - - D5 - - - -' 'D: F#5 - - - A5 - - -'
play '0 -' '2 3 4 5 9 - - -' 'D: D5 - - - - - - -'
finish 'Morning Tide' 60 -b:a 96k

# A minor, a slow waltz; the lead is a music box, its echoes off the beat.
id=evening-lanterns bar=$((rate * 3)) bars=() strike=0.25
colour='echos 0.8 0.8 750 0.3 1500 0.15'
chords=([Am]='A1 E2 A3 C4 E4 B4' [F]='F1 C2 F3 A3 C4 E4' [C]='C2 G2 G3 C4 D4 E4'
  [CE]='E2 G2 G3 C4 D4 E4' [Dm]='D2 A1 F3 A3 C4 E4' [Em]='E2 B1 G3 B3 D4 E4'
  [G]='G1 D2 G3 B3 D4 A4' [Es]='E2 B1 E3 B3 D4 A4' [E]='E2 B1 E3 B3 D4 G#4'
  [AM]='A1 E2 A3 C#4 E4 B4')
tune=('Am: E5 - - A5 - B5' 'Em: G5 - - E5 - -' 'F: C5 - - E5 - G5'
  'C: E5 - - D5 C5 -' 'Dm: A4 - C5 - E5 -' 'Am: C5 - B4 - A4 -')
play 0 - 'Am: - - - - E5 -' 'F: - - - - C5 -' 'Am: - - - - B5 -'
play 0 '- 3 4' 'F: - - C5 - B4 -' "${tune[@]}" 'Es: B4 - - D5 - E5' 'E: G#4 - - B4 - -'
play '0 - 1' '2 3 4 5 7 8' 'F: A5 - G5 - E5 -' 'G: B5 - A5 - G5 -' 'Em: G5 - E5 - D5 -' \
  'Am: E5 - C5 - A5 -' 'F: C6 - A5 - G5 -' 'CE: G5 - E5 - C5 -' 'Dm: A5 - E5 - D5 -'
play 0 - 'E: B4 - D5 - G#5 -'
play '0 - 1' '- 3 4 5 4 3' "${tune[@]}"
play 0 '- 3 4' 'F: A4 - - C5 - -' 'Am: E5 - - B5 - -'
play 0 - 'AM: C#5 - - A5 - -'
finish 'Evening Lanterns' 80 -q:a 5

# Both in turn, three times: over the 8 MiB up to which Firefox fetches all at once, so that seeking has to ask.
id=night-and-day
sox {evening-lanterns,morning-tide,evening-lanterns,morning-tide,evening-lanterns,morning-tide}-mix.wav all.wav
encode 'Night and Day' -b:a 128k <all.wav
