import 'reflect-metadata'
import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { rangeStream, requireSignedUrl, validateId } from 'express-signed-stream'

// Does not work: Nest gives a middleware on Fastify the URL `/`, and no parameters.
@Module({})
class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer
      .apply(
        validateId(),
        requireSignedUrl({ secret: process.env['SECRET_KEY'] }),
        rangeStream({ dir: 'audio' }),
      )
      .forRoutes('stream/:id')
  }
}

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false })
await app.listen(process.env['PORT'] ?? 8082)
