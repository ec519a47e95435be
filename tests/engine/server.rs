//! Against a server that counts.
use super::deadlines::timed_out_at;
use super::*;

/// A server that counts the requests it holds.
fn counting(most: Arc<AtomicUsize>) -> Server {
    let held = AtomicUsize::new(0);
    Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            pause(3);
            held.fetch_sub(1, Ordering::SeqCst);
            peer.answer(&request.body);
        }
    })
}

#[test]
fn a_pool_opens_its_connections_and_never_one_more() {
    undisturbed(|| {
        for (workers, size, opened) in [(6, 3, 3), (2, 5, 2), (4, 4, 4)] {
            let most = Arc::new(AtomicUsize::new(0));
            let server = counting(most.clone());
            let samples = Load::new(60, workers).pool(size).run(&server.url());
            certain(samples.iter().all(Sample::succeeded), "all succeed");
            let [accepted, held] = [server.accepted(), most.load(Ordering::SeqCst)];
            certain(
                accepted <= opened && held <= opened,
                &format!("{accepted} connections, {held} requests"),
            );
            assert_eq!((server.accepted(), most.load(Ordering::SeqCst)), (opened, opened));
            let used = || samples.iter().filter_map(|sample| sample.connection);
            assert_eq!(used().map(|used| used.id).collect::<HashSet<_>>().len(), opened);
            assert_eq!(used().filter(|used| !used.reused).count(), opened, "one request paid for each");
        }
    });
}

#[test]
fn a_connection_per_request_is_announced_and_used_once() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    let server = Server::start(move |_, mut peer| {
        while let Some(request) = peer.request() {
            // Noted before the client can know of it, and end.
            seen.lock().expect("no panic").push(request.clone());
            peer.answer(&request.body);
        }
    });
    let samples = Load::new(30, 4).run(&server.url());
    let requests = heads.lock().expect("no panic");
    assert!(requests.iter().all(|request| request.has_header("connection: close")));
    assert_eq!((server.accepted(), requests.len()), (30, 30));
    let ids: HashSet<_> = samples.iter().filter_map(|sample| sample.connection).map(|used| used.id).collect();
    assert_eq!(ids.len(), 30);
    for request in requests.iter() {
        let seq = request.body.parse().expect("a sequence number");
        assert!(
            request.has_header(&format!("traceparent: {}", traces().traceparent(seq))),
            "{}",
            request.head
        );
    }
}

#[test]
fn a_batch_goes_to_its_own_path_and_a_batch_of_one_to_the_single_one() {
    undisturbed(|| {
        let heads = Arc::new(Mutex::new(Vec::new()));
        let seen = heads.clone();
        let server = Server::start(move |_, mut peer| {
            while let Some(request) = peer.request() {
                pause(10);
                seen.lock().expect("no panic").push((request.path().to_owned(), request.body.clone()));
                peer.answer(&request.body.replace("inputs", "outputs"));
            }
        });
        let samples = Load::new(3, 2).pool(1).batch(2).run(&server.url());
        assert!(samples.iter().all(Sample::succeeded));
        let wanted = [("/v1/infer/batch", "{\"inputs\":[0,1]}"), ("/v1/infer", "2")];
        assert_eq!(*heads.lock().expect("no panic"), wanted.map(|(path, body)| (path.into(), body.into())));
        assert_eq!(server.accepted(), 1);
    });
}

#[test]
fn after_a_timeout_a_worker_goes_on_with_a_fresh_connection() {
    undisturbed(|| {
        let server = Server::start(|index, mut peer| {
            peer.request();
            if index > 0 {
                peer.answer("{}");
            }
            peer.until_closed();
        });
        let samples = Load::new(2, 1).pool(1).timeout_ms(300).run(&server.url());
        timed_out_at(&samples[0], 300, &["queue", "connect", "send", "wait"]);
        assert_eq!(samples[0].retransmits, Some(0), "the evidence is taken");
        assert_eq!((samples[1].error, samples[1].attempts, server.accepted()), (None, 1, 2));
        assert_eq!(samples[1].due, samples[0].end());
    });
}
