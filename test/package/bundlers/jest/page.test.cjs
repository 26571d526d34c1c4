const { keepPlaying } = require('express-signed-stream/client')

test('the client can be required', () => {
  expect(() => keepPlaying(undefined, {})).toThrow(TypeError)
})
