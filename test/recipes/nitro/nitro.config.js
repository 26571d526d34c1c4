import { defineNitroConfig } from 'nitro/config'

export default defineNitroConfig({
  // Nitro would copy other files of the package than Node loads.
  externals: { inline: ['express-signed-stream'] },
})
