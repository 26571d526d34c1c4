import { connectToRedis } from '../../src/cli/redis-connection'

jest.mock('redis', () => {
  throw Object.assign(new Error("Cannot find module 'redis'"), { code: 'MODULE_NOT_FOUND' })
})

it('says how to install the client of Redis if it is not there', async () => {
  await expect(connectToRedis('redis://127.0.0.1:1', 'ess:')).rejects.toMatchObject({
    name: 'UnavailableError',
    message: 'This command needs the client of Redis: npm install redis',
  })
})
