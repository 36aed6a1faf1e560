package main

import _ "embed"

//go:embed kwok.yaml
var kwokConfiguration string

// podLog is what every pod says, in the format of the container runtime interface.
const podLog = `2026-11-21T10:00:00.000000000Z stdout F listening on :8080
2026-11-21T10:00:01.000000000Z stdout F GET /checkout 200 12ms
2026-11-21T10:00:02.000000000Z stderr F GET /checkout 500 upstream timed out
`
