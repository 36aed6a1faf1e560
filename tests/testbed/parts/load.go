package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// runLoad sends steady requests to every route the bridge knows, so that a share can be observed.
//
// Routes share a ceiling: with many of them each gets less, and the machine stays usable.
func runLoad(args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	bridge := flags.String("bridge", "", "address of the bridge")
	proxy := flags.String("proxy", "", "address of the proxy")
	each := flags.Float64("each", 50, "requests a second for each route")
	most := flags.Float64("most", 400, "requests a second for all")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: 2 * time.Second}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, *proxy)
		},
		MaxIdleConnsPerHost: 4, IdleConnTimeout: 5 * time.Second,
	}}
	ask := func(host string) {
		answer, err := client.Get("http://" + host + "/")
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
		}
	}
	var flying sync.WaitGroup
	slots := make(chan struct{}, 256)
	var routes []string
	var owed float64
	next, asked, last := 0, time.Time{}, time.Now()
	for now := range time.Tick(5 * time.Millisecond) {
		if now.Sub(asked) > 300*time.Millisecond {
			asked = now
			if known, err := knownRoutes(*bridge); err == nil {
				routes = known
			}
		}
		owed += min(*each*float64(len(routes)), *most) * now.Sub(last).Seconds()
		last = now
		// What could not be sent in time is not made up for in one burst.
		owed = min(owed, 50)
		for ; owed >= 1 && len(routes) > 0; owed-- {
			route := routes[next%len(routes)]
			next++
			select {
			case slots <- struct{}{}:
				flying.Go(func() { ask(hostOfRoute(route)); <-slots })
			default:
			}
		}
	}
	return nil
}

func knownRoutes(bridge string) ([]string, error) {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get("http://" + bridge + "/routes")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var shares []struct {
		Route string `json:"route"`
		Load  bool   `json:"load"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&shares); err != nil {
		return nil, err
	}
	var routes []string
	for _, share := range shares {
		if share.Load {
			routes = append(routes, share.Route)
		}
	}
	return routes, nil
}
