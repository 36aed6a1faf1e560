package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// The bridge is the one stand-in of the testbed: it plays the data plane's control loop (a Gateway
// controller, istiod, kube-proxy). It watches each router object, Service, Deployment, ReplicaSet and
// pod, works out the share of each side, and sets it in the real proxy. It writes nothing to the cluster.

// share is what one router object sends where, in percent; both are 0 when nothing could answer.
type share struct {
	Route  string  `json:"route"`
	Stable float64 `json:"stable"`
	Canary float64 `json:"canary"`
	// Load says whether steady requests are sent there.
	Load bool `json:"load"`
	slot int
}

type bridge struct {
	store *store
	proxy *proxyAdmin

	mutex   sync.Mutex
	current map[string]share
	free    []int
	settled bool
}

func runBridge(args []string) error {
	flags := flag.NewFlagSet("bridge", flag.ContinueOnError)
	server := flags.String("server", "", "API server")
	ca := flags.String("ca", "", "file of its certificate authority")
	listen := flags.String("listen", "", "address to answer on")
	socket := flags.String("socket", "", "the proxy's admin socket")
	hosts := flags.String("hosts", "", "the proxy's map of hosts")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*ca)
	if err != nil {
		return err
	}
	api, err := newCluster(*server, os.Getenv("TMINUS_TESTBED_TOKEN"), text)
	if err != nil {
		return err
	}
	b := &bridge{store: newStore(), proxy: &proxyAdmin{*socket, *hosts}, current: map[string]share{}}
	for slot := range slots {
		b.free = append(b.free, slot)
	}
	b.store.watchAll(api)
	go b.follow()
	routes := http.NewServeMux()
	routes.HandleFunc("GET /routes", b.answerRoutes)
	routes.HandleFunc("GET /ready", func(answer http.ResponseWriter, _ *http.Request) {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		if !b.settled {
			http.Error(answer, "not every kind was listed yet", http.StatusServiceUnavailable)
		}
	})
	return http.ListenAndServe(*listen, routes)
}

// follow sets the shares anew whenever something changed; changes close together are taken as one.
func (b *bridge) follow() {
	for range b.store.changed {
		time.Sleep(20 * time.Millisecond)
		wanted, listed := b.store.shares()
		if err := b.set(wanted); err != nil {
			log.Print(err)
			time.Sleep(200 * time.Millisecond)
			b.store.touch()
			continue
		}
		b.mutex.Lock()
		b.settled = b.settled || listed
		b.mutex.Unlock()
	}
}

// set brings the proxy to the wanted shares. Slots are given out and taken back here alone.
func (b *bridge) set(wanted map[string]share) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	var commands []string
	for route, old := range b.current {
		if _, still := wanted[route]; !still {
			commands = append(commands, b.proxy.removeHost(hostOfRoute(route)))
			b.free = append(b.free, old.slot)
			delete(b.current, route)
		}
	}
	next := map[string]share{}
	for route, want := range wanted {
		old, known := b.current[route]
		switch {
		case known:
			want.slot = old.slot
		case len(b.free) > 0:
			want.slot, b.free = b.free[0], b.free[1:]
		default:
			log.Printf("no slot is left for %s", route)
			continue
		}
		if !known || old.Stable != want.Stable || old.Canary != want.Canary {
			commands = append(commands, b.proxy.weights(want)...)
			log.Printf("%s: stable %.1f canary %.1f", route, want.Stable, want.Canary)
		}
		if !known {
			commands = append(commands, b.proxy.addHost(hostOfRoute(route), want.slot))
		}
		next[route] = want
	}
	for route := range next {
		b.current[route] = next[route]
	}
	return b.proxy.send(commands)
}

func (b *bridge) answerRoutes(answer http.ResponseWriter, _ *http.Request) {
	b.mutex.Lock()
	all := make([]share, 0, len(b.current))
	for _, one := range b.current {
		all = append(all, one)
	}
	b.mutex.Unlock()
	slices.SortFunc(all, func(x, y share) int { return strings.Compare(x.Route, y.Route) })
	json.NewEncoder(answer).Encode(all)
}

// proxyAdmin speaks to haproxy's admin socket.
type proxyAdmin struct{ socket, hosts string }

// weights are in half percents: haproxy takes whole numbers up to 256.
func (p *proxyAdmin) weights(s share) []string {
	return []string{
		fmt.Sprintf("set weight slot%d/stable %.0f", s.slot, s.Stable*2),
		fmt.Sprintf("set weight slot%d/canary %.0f", s.slot, s.Canary*2),
	}
}

func (p *proxyAdmin) addHost(host string, slot int) string {
	return fmt.Sprintf("add map %s %s slot%d", p.hosts, host, slot)
}

func (p *proxyAdmin) removeHost(host string) string {
	return fmt.Sprintf("del map %s %s", p.hosts, host)
}

func (p *proxyAdmin) send(commands []string) error {
	// A command line may be 16 kB: they are sent in handfuls.
	for batch := range slices.Chunk(commands, 50) {
		connection, err := net.DialTimeout("unix", p.socket, 2*time.Second)
		if err != nil {
			return err
		}
		connection.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprintf(connection, "%s\n", strings.Join(batch, ";"))
		said, err := io.ReadAll(connection)
		connection.Close()
		if err != nil {
			return err
		}
		if text := strings.TrimSpace(string(said)); text != "" {
			log.Printf("the proxy says: %s", text)
		}
	}
	return nil
}
