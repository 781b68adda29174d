package peer

import (
	"fmt"
	"sort"
	"sync"
	"time"
)

// Load runs call from several goroutines and prints one line:
//
//	c=16 calls=12345 rps=6172 p50_us=2410 p99_us=9001 errors=0
func Load(callers int, d time.Duration, call func() error) {
	Must(call()) // connections are made, and a wrong set-up shows at once
	var (
		mu   sync.Mutex
		all  []time.Duration
		errs int
		wg   sync.WaitGroup
	)
	start := time.Now()
	end := start.Add(d)
	for i := 0; i < callers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mine := make([]time.Duration, 0, 1<<16)
			bad := 0
			for t := time.Now(); t.Before(end); {
				err := call()
				now := time.Now()
				if err != nil {
					bad++
				} else {
					mine = append(mine, now.Sub(t))
				}
				t = now
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			errs += bad
		}()
	}
	wg.Wait()
	elapsed := time.Since(start)
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	quantile := func(p float64) int64 {
		if len(all) == 0 {
			return 0
		}
		return all[int(p*float64(len(all)-1))].Microseconds()
	}
	fmt.Printf("c=%d calls=%d rps=%.0f p50_us=%d p99_us=%d errors=%d\n", callers, len(all),
		float64(len(all))/elapsed.Seconds(), quantile(.5), quantile(.99), errs)
}
