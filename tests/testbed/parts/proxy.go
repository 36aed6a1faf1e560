package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// slots is how many router objects can have a share of their own at once.
const slots = 128

// startProxy starts the service in two versions, haproxy before them, the bridge and the load.
//
// haproxy cannot make backends while it runs, so it starts with a stock of them, all to the same two
// services; the bridge gives each router object one (by its Host) and sets the weights there.
func (b *bed) startProxy(want wanted) error {
	program, err := want.find("proxy", "haproxy")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	hosts, socket := b.path("hosts.map"), b.path("haproxy.sock")
	if err := os.WriteFile(hosts, nil, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(b.path("haproxy.cfg"), []byte(b.proxyConfiguration(hosts, socket)), 0o600); err != nil {
		return err
	}
	for _, one := range []struct {
		track, version string
		port           int
	}{{"stable", "1.0.0", portStable}, {"canary", "2.0.0", portCanary}} {
		if _, err := b.add("service-"+one.track, self, "service",
			"--listen="+b.at(one.port), "--track="+one.track, "--version="+one.version); err != nil {
			return err
		}
		b.export("TMINUS_TESTBED_"+strings.ToUpper(one.track), "http://"+b.at(one.port))
	}
	haproxy, err := b.add("haproxy", program, "-db", "-f", b.path("haproxy.cfg"))
	if err != nil {
		return err
	}
	if err := haproxy.until("ready", 20*time.Second, func() error {
		return answers("http://" + b.at(portProxyAdmin) + "/metrics")
	}); err != nil {
		return err
	}
	b.export("TMINUS_TESTBED_PROXY", "http://"+b.at(portProxy))
	if !want.kubernetes || b.exports["TMINUS_TESTBED_TOKEN"] == "" {
		return nil
	}
	bridge, err := b.addWith([]string{"TMINUS_TESTBED_TOKEN=" + b.exports["TMINUS_TESTBED_TOKEN"]}, "bridge", self, "bridge",
		"--server="+b.exports["TMINUS_TESTBED_API"], "--ca="+b.path("ca.crt"), "--listen="+b.at(portBridge),
		"--socket="+socket, "--hosts="+hosts)
	if err != nil {
		return err
	}
	b.export("TMINUS_TESTBED_BRIDGE", "http://"+b.at(portBridge))
	if err := bridge.until("ready", 30*time.Second, func() error {
		return answers("http://" + b.at(portBridge) + "/ready")
	}); err != nil {
		return err
	}
	_, err = b.add("load", self, "load", "--bridge="+b.at(portBridge), "--proxy="+b.at(portProxy))
	return err
}

func (b *bed) proxyConfiguration(hosts, socket string) string {
	var text strings.Builder
	fmt.Fprintf(&text, `global
  stats socket %s mode 600 level admin
  maxconn 2000
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend metrics
  bind %s
  http-request use-service prometheus-exporter if { path /metrics }
frontend traffic
  bind %s
  use_backend %%[req.hdr(host),lower,map_str(%s,nowhere)]
backend nowhere
  http-request return status 404
`, socket, b.at(portProxyAdmin), b.at(portProxy), hosts)
	for slot := range slots {
		fmt.Fprintf(&text, "backend slot%d\n  server stable %s weight 100\n  server canary %s weight 0\n",
			slot, b.at(portStable), b.at(portCanary))
	}
	return text.String()
}
