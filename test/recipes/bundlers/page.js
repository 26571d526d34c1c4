import { keepPlaying } from 'express-signed-stream/client'

keepPlaying(document.querySelector('audio'), {
  sign: ({ signal }) => fetch('/play/track1', { signal }),
})
