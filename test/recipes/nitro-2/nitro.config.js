import { defineNitroConfig } from 'nitropack/config'

export default defineNitroConfig({
  // Nitro would copy other files of the package than Node loads.
  externals: { inline: ['express-signed-stream'] },
})
