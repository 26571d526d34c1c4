import 'reflect-metadata'
import { BadRequestException, Controller, Get, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { createSigner, createStreamRouter, isTrackId } from 'express-signed-stream'

const secret = process.env['SECRET_KEY'] // openssl rand -hex 32
const signer = createSigner({ secret, baseUrl: '/stream' })

@Controller()
class TracksController {
  @Get()
  hello(): string {
    return 'Hello'
  }

  @Get('play/:id')
  play(@Param('id') id: string): { url: string } {
    // Your own check comes first: may this user hear this track?
    if (!isTrackId(id)) throw new BadRequestException('Not an id')
    return { url: signer.signUrl(id, { expiresIn: 3600 }) }
  }
}

@Module({ controllers: [TracksController] })
class AppModule {}

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error', 'warn'] })
app.set('trust proxy', 'loopback') // the proxy on this machine
app.use('/stream', createStreamRouter({ dir: 'audio', secret }))
await app.listen(process.env['PORT'] ?? 8082)
