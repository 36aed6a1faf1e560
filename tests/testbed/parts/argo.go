package main

import (
	"fmt"
	"net"
	"time"
)

// startArgo starts the Argo Rollouts controller for every namespace.
//
// It listens on all addresses, so its two ports are not ours by the claim of an address: they are
// looked for, and looked for again should somebody have been quicker.
func (b *bed) startArgo(want wanted) error {
	program, err := want.find("argo-rollouts", "rollouts-controller")
	if err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		metrics, health := freePort(), freePort()
		controller, err := b.add("argo-rollouts", program,
			"--kubeconfig="+b.exports["KUBECONFIG"], "--leader-elect=false", "--namespace=kube-system",
			fmt.Sprintf("--metricsPort=%d", metrics), fmt.Sprintf("--healthzPort=%d", health),
			"--rollout-resync=60", "--qps=500", "--burst=1000", "--loglevel=info")
		if err != nil {
			return err
		}
		err = controller.until("healthy", 30*time.Second, func() error {
			return answers(fmt.Sprintf("http://127.0.0.1:%d/healthz", health))
		})
		if err == nil || controller.alive() || attempt == 2 {
			return err
		}
		b.forget(controller)
	}
}

// freePort is a port nobody listens on at this moment.
func freePort() int {
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		return 0
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
