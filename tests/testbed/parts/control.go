package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"time"
)

// serveControl lets a test stop, start, restart, pause and resume a part of its own run:
//
//	GET  /parts                    names, process ids, whether they live
//	POST /parts/NAME/ACTION        answered when it is done; after a start, when the part is ready
func (b *bed) serveControl() {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /parts", func(answer http.ResponseWriter, _ *http.Request) {
		type line struct {
			Name  string `json:"name"`
			Pid   int    `json:"pid"`
			Alive bool   `json:"alive"`
		}
		var lines []line
		b.mutex.Lock()
		parts := slices.Clone(b.parts)
		b.mutex.Unlock()
		for _, p := range parts {
			lines = append(lines, line{p.name, p.pid(), p.alive()})
		}
		json.NewEncoder(answer).Encode(lines)
	})
	routes.HandleFunc("POST /parts/{name}/{action}", func(answer http.ResponseWriter, request *http.Request) {
		if err := b.tell(request.PathValue("name"), request.PathValue("action")); err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
		}
	})
	go http.Serve(b.claim, routes)
	b.export("TMINUS_TESTBED_CONTROL", "http://"+b.at(portControl))
}

func (b *bed) tell(name, action string) error {
	b.mutex.Lock()
	index := slices.IndexFunc(b.parts, func(p *part) bool { return p.name == name })
	var p *part
	if index >= 0 {
		p = b.parts[index]
	}
	b.mutex.Unlock()
	if p == nil {
		return fmt.Errorf("no part is named %s", name)
	}
	b.say("%s: told to %s", name, action)
	switch action {
	case "stop":
		p.stop()
	case "start":
		if p.alive() {
			return nil
		}
		return p.startAgain()
	case "restart":
		p.stop()
		return p.startAgain()
	case "kill":
		p.kill()
	case "pause":
		return p.signal(syscall.SIGSTOP)
	case "resume":
		return p.signal(syscall.SIGCONT)
	default:
		return fmt.Errorf("%s is none of stop, start, restart, kill, pause, resume", action)
	}
	return nil
}

// startAgain starts an ended part and answers when it is ready.
func (p *part) startAgain() error {
	if err := p.start(); err != nil {
		return err
	}
	p.mutex.Lock()
	ready := p.ready
	p.mutex.Unlock()
	if ready == nil {
		return nil
	}
	return p.until("ready again", time.Minute, ready)
}

func (p *part) pid() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.child.Process.Pid
}
