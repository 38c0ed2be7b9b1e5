import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into the server before its own code (`node --import`): answers the bench's
// questions about the process from inside. Times are in milliseconds, memory in bytes.
const delay = monitorEventLoopDelay({ resolution: 1 })

process.on('message', (question) => {
  // Watching wakes the process a thousand times a second, which is CPU of its own.
  if (question === 'watch') delay.enable()
  const { user, system } = process.cpuUsage()
  process.send({
    cpu: (user + system) / 1000,
    memory: process.memoryUsage.rss(),
    // The histogram counts the whole interval of its timer, which is no delay.
    delay: { p99: delay.percentile(99) / 1e6 - 1, max: delay.max / 1e6 - 1 },
  })
})
// A channel to the bench must not keep a server that was told to stop.
process.channel.unref()
