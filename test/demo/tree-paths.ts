/** Paths of tracks as people name them, in the order in which they are listed: files before folders, numbers by value. */
export const PATHS = [
  'Überall.mp3',
  '<script>alert(1)</script>/<img src=x onerror=alert(2)>.mp3',
  '🎵/emoji 👩‍🎤.mp3',
  'A #1 50% & more?/01 "quoted" + added.mp3',
  'A #1 50% & more?/02 100%25.mp3',
  'Artist/2 first.MP3',
  'Artist/10 second.flac',
  'Artist/Album/01 - Intro.flac',
  'Artist/Album/CD 1/01.opus',
  'Artist/Album.live/01.mp3',
  'Cafe\u0301/No\u0308el.ogg',
  'שירים/שיר א׳.m4a',
  'हिन्दी/गीत १.mp3',
]
