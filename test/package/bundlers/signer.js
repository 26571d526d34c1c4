/** Signs, and needs nothing else of the package. */
import { createSigner } from 'express-signed-stream'

const signer = createSigner({ secret: '0123456789abcdef0123456789abcdef', baseUrl: '/stream' })
console.log(signer.signUrl('track1', { expiresAt: 9999999999 }))
