/** Adapters that make a request of an event, and an object of the response (AWS Lambda). */
import codegenie from '@codegenie/serverless-express'
import vendia from '@vendia/serverless-express'
import express from 'express'
import serverlessHttp from 'serverless-http'
import { expressApp } from './frameworks.mjs'
import { pass } from './node.mjs'

const CONTEXT = { awsRequestId: '1', functionName: 'stream' }
const BINARY = ['audio/*', 'multipart/byteranges*']

const events = {
  /** API Gateway, payload format 1.0. */
  v1({ method, path, headers }) {
    const { pathname, searchParams } = new URL(path, 'http://localhost')
    return {
      version: '1.0',
      httpMethod: method,
      path: decodeURIComponent(pathname),
      headers: { host: 'localhost', ...headers },
      multiValueHeaders: Object.fromEntries(
        Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => [name, [value]]),
      ),
      queryStringParameters: Object.fromEntries(searchParams),
      multiValueQueryStringParameters: Object.fromEntries(
        Array.from(searchParams, ([name, value]) => [name, [value]]),
      ),
      requestContext: { identity: { sourceIp: '192.0.2.1' }, stage: 'test' },
      body: null,
      isBase64Encoded: false,
    }
  },
  /** API Gateway, payload format 2.0, and function URLs. */
  v2({ method, path, headers }) {
    const [rawPath, rawQueryString = ''] = path.split('?')
    return {
      version: '2.0',
      rawPath,
      rawQueryString,
      headers: { host: 'localhost', ...headers },
      queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)),
      requestContext: { http: { method, path: rawPath, sourceIp: '192.0.2.1' }, stage: '$default' },
      isBase64Encoded: false,
    }
  },
}

function exchanges(invoke, version) {
  return {
    async request(request) {
      const {
        statusCode,
        headers = {},
        multiValueHeaders = {},
        body = '',
        isBase64Encoded,
      } = await invoke(events[version](request), CONTEXT)
      const fields = Object.entries({ ...headers, ...multiValueHeaders })
      return {
        status: statusCode,
        headers: Object.fromEntries(fields.map(([name, value]) => [name.toLowerCase(), String(value)])),
        body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
      }
    },
  }
}

function bare(use) {
  const handler = use()
  return (req, res) => handler(req, res, pass(req, res))
}

function serverless(app, version = 'v1') {
  return exchanges(serverlessHttp(app, { binary: BINARY }), version)
}

/** Both are called alike: one continues the other. */
function serverlessExpress(configure, app, version = 'v1') {
  return exchanges(configure({ app, binarySettings: { contentTypes: BINARY } }), version)
}

export const hosts = {
  'serverless-http': use => serverless(bare(use)),
  'serverless-http, payload 2.0': use => serverless(bare(use), 'v2'),
  'serverless-http, Express 5': use => serverless(expressApp(express, use)),
  'serverless-http, Express 5 without X-Powered-By': use => serverless(expressApp(express, use, false)),
  '@codegenie/serverless-express, Express 5': use => serverlessExpress(codegenie, expressApp(express, use)),
  '@codegenie/serverless-express, Express 5, payload 2.0': use =>
    serverlessExpress(codegenie, expressApp(express, use), 'v2'),
  '@codegenie/serverless-express, Express 5 without X-Powered-By': use =>
    serverlessExpress(codegenie, expressApp(express, use, false)),
  '@vendia/serverless-express, Express 5': use => serverlessExpress(vendia, expressApp(express, use)),
  '@vendia/serverless-express, Express 5 without X-Powered-By': use =>
    serverlessExpress(vendia, expressApp(express, use, false)),
}
