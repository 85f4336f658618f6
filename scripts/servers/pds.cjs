// The reference PDS and its PLC directory in one process, on loopback: node pds.cjs MODULES DATA PLC_PORT
//
// All settings of the PDS come from its own environment variables. MODULES is where npm installed the packages. Ends on
// SIGTERM.
'use strict'
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { createRequire } = require('node:module')

const [modules, data, plcPort] = process.argv.slice(2)
const installed = createRequire(path.join(modules, 'package.json'))

// Both servers call listen(port) with no host, which is every interface the machine has.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number' && typeof args[1] !== 'string') args.splice(1, 0, '127.0.0.1')
  return listen.apply(this, args)
}

// The directory keeps identities in memory; the journal brings them back when the PDS is started again.
async function openPlc() {
  const { Database, PlcServer } = installed('@did-plc/server')
  const database = Database.mock()
  const journal = path.join(data, 'plc.jsonl')
  if (fs.existsSync(journal)) {
    // Without the last piece, which is empty, or an entry that was being written when the process was killed.
    for (const line of fs.readFileSync(journal, 'utf8').split('\n').slice(0, -1)) {
      const { did, operation } = JSON.parse(line)
      await database.validateAndAddOp(did, operation)
    }
  }
  const add = database.validateAndAddOp.bind(database)
  database.validateAndAddOp = async (did, operation) => {
    await add(did, operation)
    fs.appendFileSync(journal, JSON.stringify({ did, operation }) + '\n')
  }
  const server = PlcServer.create({ db: database, port: Number(plcPort) })
  await server.start()
  return server
}

async function main() {
  const plc = await openPlc()
  const { PDS, envToCfg, envToSecrets, readEnv } = installed('@atproto/pds')
  const env = readEnv()
  const pds = await PDS.create(envToCfg(env), envToSecrets(env))
  await pds.start()
  process.once('SIGTERM', async () => {
    await pds.destroy()
    await plc.destroy()
    process.exit(0)
  })
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
