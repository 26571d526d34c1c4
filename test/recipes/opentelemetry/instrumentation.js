const { ExpressInstrumentation } = require('@opentelemetry/instrumentation-express')
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { NodeSDK } = require('@opentelemetry/sdk-node')

// Sends to OTEL_EXPORTER_OTLP_ENDPOINT, under the name OTEL_SERVICE_NAME.
const sdk = new NodeSDK({ instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()] })
sdk.start()
process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit()))
