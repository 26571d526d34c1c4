import 'reflect-metadata'
import { BadRequestException, Controller, Get, Module, Param } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { createSigner, createStreamHandler, isTrackId } from 'express-signed-stream'

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

const adapter = new FastifyAdapter({ trustProxy: 'loopback' }) // the proxy on this machine
const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
  logger: ['error', 'warn'],
})
app.use(createStreamHandler({ path: '/stream', dir: 'audio', secret }))
await app.listen(process.env['PORT'] ?? 8082)
