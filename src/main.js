#!/usr/bin/env node
// The door. Old syntax on purpose: a Node that is too old must still be able to read it and say what to do.
// It goes on in this very process where Node is fit, else it starts the Node that `npm ci` put beside us.
var wanted = [24, 12]

function isFit(version) {
  var parts = version.split('.')
  return +parts[0] > wanted[0] || (+parts[0] === wanted[0] && +parts[1] >= wanted[1])
}

function explain() {
  console.error(
    'error[NF9001]: nicfix needs Node ' +
      wanted.join('.') +
      ' or newer, this is ' +
      process.versions.node,
  )
  console.error(
    '  The Node pinned in package.json is not installed for ' +
      process.platform +
      '-' +
      process.arch +
      '.',
  )
  console.error(
    '  next: run `npm ci` in the nicfix folder, or install Node ' +
      wanted[0] +
      ' from https://nodejs.org',
  )
  process.exit(1)
}

// What lies there is run. So it is at home, not in /tmp as Node would have it; and where the home is that of somebody else,
// as sudo may leave it, or others can write there, nothing is kept.
function privateFolder(fs, home) {
  var folders = ['', '/.cache', '/.cache/nicfix', '/.cache/nicfix/compiled'].map(function (name) {
    return home + name
  })
  try {
    for (var at = 0; at < folders.length; at++) {
      if (at > 0) fs.mkdirSync(folders[at], { recursive: true, mode: 0o700 })
      var found = fs.statSync(folders[at])
      if (found.uid !== process.getuid() || (found.mode & 0o022) !== 0) return null
    }
    return folders[folders.length - 1]
  } catch {
    return null
  }
}

if (isFit(process.versions.node)) {
  void Promise.all([import('node:module'), import('node:os'), import('node:fs'), import('node:v8')])
    .then(function (modules) {
      modules[3].setFlagsFromString('--max-semi-space-size=1')
      modules[3].setFlagsFromString('--semi-space-growth-factor=1')
      // With a fleet one waits more than one computes, and what compiles for speed would take 25 MiB.
      if (['plan', 'apply', 'rollback', 'resume'].includes(process.argv[2])) {
        modules[3].setFlagsFromString('--no-opt')
        modules[3].setFlagsFromString('--no-maglev')
      }
      // Whoever keeps some bytes keeps all of the pool that they were cut from; each connection has some, of 64 KiB pools.
      Buffer.poolSize = 1024
      // Half of the time of a short command goes into compiling.
      var folder = privateFolder(modules[2], modules[1].homedir())
      if (folder) modules[0].enableCompileCache(folder)
      return import('./cli/main.ts')
    })
    .then(function (cli) {
      return cli.main(process.argv.slice(2))
    })
} else {
  void Promise.all([import('node:fs'), import('node:url')]).then(function (modules) {
    var name = 'node-' + process.platform + '-' + process.arch
    var pinned = modules[1].fileURLToPath(
      new URL('../node_modules/' + name + '/bin/node', import.meta.url),
    )
    if (!modules[0].existsSync(pinned)) return explain()
    return import('node:child_process').then(function (cp) {
      var child = cp.spawn(pinned, process.argv.slice(1), { stdio: 'inherit' })
      // The terminal sends its signals to the whole group; the child decides what they mean.
      ;['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
        process.on(signal, function () {
          if (signal !== 'SIGINT') child.kill(signal)
        })
      })
      child.on('exit', function (code, signal) {
        if (signal) process.kill(process.pid, signal)
        else process.exit(code)
      })
    })
  })
}
