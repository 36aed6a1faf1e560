// Command testbed starts the real parts that tests run against, and plays the few that are our own.
package main

import (
	"fmt"
	"os"
)

// exitOwn is the status when the testbed itself failed, as in timeout(1): COMMAND never returns it by itself.
const exitOwn = 125

func main() {
	if len(os.Args) < 2 {
		fatal(fmt.Errorf("usage: testbed run|service|load|bridge …"))
	}
	var err error
	switch verb, args := os.Args[1], os.Args[2:]; verb {
	case "run":
		os.Exit(run(args))
	case "service":
		err = runService(args)
	case "load":
		err = runLoad(args)
	case "bridge":
		err = runBridge(args)
	default:
		err = fmt.Errorf("unknown verb %q", verb)
	}
	if err != nil {
		fatal(err)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "testbed:", err)
	os.Exit(exitOwn)
}
