import { monitorEventLoopDelay } from 'node:perf_hooks'

// Loaded into the server before its own code (`node --import`). Sends measurements of the
// process to the bench. Times are in milliseconds, memory in bytes.
const delay = monitorEventLoopDelay({ resolution: 1 })

process.on('message', (question) => {
  // Watching wakes the process a thousand times a second, which costs CPU time.
  if (question === 'watch') delay.enable()
  const { user, system } = process.cpuUsage()
  process.send({
    cpu: (user + system) / 1000,
    memory: process.memoryUsage.rss(),
    // The histogram includes the interval of its timer, which is not a delay.
    delay: { p99: delay.percentile(99) / 1e6 - 1, max: delay.max / 1e6 - 1 },
  })
})
// The channel to the bench must not keep a stopped server running.
process.channel.unref()
