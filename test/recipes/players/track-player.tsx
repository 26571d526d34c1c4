/** A player of one track for React. It renews its links, and lets go of them when it is removed or gets another track. */
import { keepPlaying } from 'express-signed-stream/client'
import { useEffect, useRef, useState } from 'react'

/** Keeps the element of the ref playing the track. Returns what the player failed with, until it plays again. */
export function useSignedTrack(track: string) {
  const ref = useRef<HTMLAudioElement>(null)
  const [error, setError] = useState<unknown>()

  useEffect(() => {
    const audio = ref.current
    if (audio === null) return
    setError(undefined)
    const keeper = keepPlaying(audio, {
      sign: ({ signal }) => fetch(`/play/${encodeURIComponent(track)}`, { signal }),
      onRenew: () => setError(undefined),
      onError: setError,
    })
    // Empties the element, too, which may be kept for the next track.
    return () => keeper.stop()
  }, [track])

  return { ref, error }
}

export function TrackPlayer({ track }: { track: string }) {
  const { ref, error } = useSignedTrack(track)
  return (
    <figure>
      <audio ref={ref} controls />
      {error !== undefined && <figcaption role="alert">This track does not play now.</figcaption>}
    </figure>
  )
}
