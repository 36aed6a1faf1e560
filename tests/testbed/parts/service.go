package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// service is the program under release: small, real, in two versions. It answers any path, counts what
// it answered by route (the Host it was asked for) and can be told to be bad.
type service struct {
	track, version string

	mutex  sync.Mutex
	routes map[string]*counts
	bad    map[string]badness
}

// badness is what an operator of the test told the service to be, for one route or for all (`*`).
type badness struct {
	// Errors is the share of requests answered by 500.
	Errors float64 `json:"errors"`
	// Latency is added to each answer, in milliseconds.
	Latency float64 `json:"latency"`
}

// counts is what one route was answered.
type counts struct {
	codes   map[int]int
	buckets []int
	sum     float64
	total   int
}

var bounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}

func runService(args []string) error {
	flags := flag.NewFlagSet("service", flag.ContinueOnError)
	listen := flags.String("listen", "", "address")
	track := flags.String("track", "stable", "stable or canary")
	version := flags.String("version", "1.0.0", "what the version header says")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := &service{track: *track, version: *version, routes: map[string]*counts{}, bad: map[string]badness{}}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /metrics", s.metrics)
	routes.HandleFunc("PUT /admin/bad", s.setBad)
	routes.HandleFunc("/", s.answer)
	return http.ListenAndServe(*listen, routes)
}

func (s *service) answer(answer http.ResponseWriter, request *http.Request) {
	began := time.Now()
	route := routeOfHost(request.Host)
	s.mutex.Lock()
	bad, told := s.bad[route]
	if !told {
		bad = s.bad["*"]
	}
	s.mutex.Unlock()
	if bad.Latency > 0 {
		time.Sleep(time.Duration(bad.Latency * float64(time.Millisecond)))
	}
	code := http.StatusOK
	if rand.Float64() < bad.Errors {
		code = http.StatusInternalServerError
	}
	answer.Header().Set("X-Version", s.version)
	answer.Header().Set("X-Track", s.track)
	answer.WriteHeader(code)
	fmt.Fprintf(answer, "%s %s\n", s.track, s.version)
	s.count(route, code, time.Since(began).Seconds())
}

func (s *service) count(route string, code int, seconds float64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	c := s.routes[route]
	if c == nil {
		c = &counts{codes: map[int]int{http.StatusOK: 0, http.StatusInternalServerError: 0}, buckets: make([]int, len(bounds))}
		s.routes[route] = c
	}
	c.codes[code]++
	c.total++
	c.sum += seconds
	for i, bound := range bounds {
		if seconds <= bound {
			c.buckets[i]++
		}
	}
}

// setBad takes {"route": "KIND/NS/NAME" or "*", "errors": 0..1, "latency": milliseconds}.
func (s *service) setBad(answer http.ResponseWriter, request *http.Request) {
	told := struct {
		Route string `json:"route"`
		badness
	}{Route: "*"}
	if err := json.NewDecoder(request.Body).Decode(&told); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.bad[told.Route] = told.badness
}

// metrics is the text format of Prometheus: requests by code, and their duration as a histogram.
func (s *service) metrics(answer http.ResponseWriter, _ *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var out strings.Builder
	out.WriteString("# TYPE http_requests_total counter\n")
	names := make([]string, 0, len(s.routes))
	for name := range s.routes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for code, count := range s.routes[name].codes {
			fmt.Fprintf(&out, "http_requests_total{%s,code=\"%d\"} %d\n", s.labels(name), code, count)
		}
	}
	out.WriteString("# TYPE http_request_duration_seconds histogram\n")
	for _, name := range names {
		c := s.routes[name]
		for i, bound := range bounds {
			le := strconv.FormatFloat(bound, 'g', -1, 64)
			fmt.Fprintf(&out, "http_request_duration_seconds_bucket{%s,le=%q} %d\n", s.labels(name), le, c.buckets[i])
		}
		fmt.Fprintf(&out, "http_request_duration_seconds_bucket{%s,le=\"+Inf\"} %d\n", s.labels(name), c.total)
		fmt.Fprintf(&out, "http_request_duration_seconds_sum{%s} %g\n", s.labels(name), c.sum)
		fmt.Fprintf(&out, "http_request_duration_seconds_count{%s} %d\n", s.labels(name), c.total)
	}
	answer.Write([]byte(out.String()))
}

func (s *service) labels(route string) string {
	kind, namespace, name := splitRoute(route)
	return fmt.Sprintf("route=%q,kind=%q,namespace=%q,name=%q,track=%q,version=%q", route, kind, namespace, name, s.track, s.version)
}

// Each router object has a host of its own at the proxy: NAME.NS.KIND.test, and is labelled KIND/NS/NAME.
func hostOfRoute(route string) string {
	kind, namespace, name := splitRoute(route)
	return name + "." + namespace + "." + kind + ".test"
}

func routeOfHost(host string) string {
	host, _, _ = strings.Cut(host, ":")
	// A name may hold dots; a namespace and a kind may not.
	fields := strings.Split(strings.TrimSuffix(host, ".test"), ".")
	if len(fields) < 3 || !strings.HasSuffix(host, ".test") {
		return "other"
	}
	last := len(fields) - 1
	return fields[last] + "/" + fields[last-1] + "/" + strings.Join(fields[:last-1], ".")
}

func splitRoute(route string) (kind, namespace, name string) {
	fields := append(strings.SplitN(route, "/", 3), "", "")
	return fields[0], fields[1], fields[2]
}
