//! What runs before the containers, and beside them.

use super::*;

#[test]
fn initial_containers_run_one_after_the_other_and_sidecars_stay() {
    check(
        json!({
            "initContainers": [
                {"name": "first", "image": "i"},
                {"name": "side", "image": "i", "restartPolicy": "Always", "startupProbe": {}},
                {"name": "last", "image": "i"},
            ],
            "containers": [{"name": "app", "image": "i"}],
            "restartPolicy": "Never",
        }),
        "tick; prepared; pulled first; started first; exit first 0; pulled side; started side; \
         probe startup side passes; pulled last; started last; exit last 0; pulled app; \
         started app; exit side 1; pulled side; started side; exit app 0; exit side 143; cleared",
        expect![[r"
            > tick
              Prepare
              = Pending, first: PodInitializing, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > prepared
              pull first
              = Pending, first: PodInitializing, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > pulled first
              start first
              = Pending, first: PodInitializing, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > started first
              Normal Created: Created container: first
              Normal Started: Started container first
              = Pending, first: running, side: PodInitializing, last: PodInitializing, app: PodInitializing
            > exit first 0
              pull side
              = Pending, first: Completed(0), side: PodInitializing, last: PodInitializing, app: PodInitializing
            > pulled side
              start side
              = Pending, first: Completed(0), side: PodInitializing, last: PodInitializing, app: PodInitializing
            > started side
              Normal Created: Created container: side
              Normal Started: Started container side
              probe side
              = Pending, first: Completed(0), side: running, last: PodInitializing, app: PodInitializing
            > probe startup side passes
              pull last
              = Pending, first: Completed(0), side: running, last: PodInitializing, app: PodInitializing
            > pulled last
              start last
              = Pending, first: Completed(0), side: running, last: PodInitializing, app: PodInitializing
            > started last
              Normal Created: Created container: last
              Normal Started: Started container last
              = Pending, first: Completed(0), side: running, last: running, app: PodInitializing
            > exit last 0
              pull app
              = Pending, first: Completed(0), side: running, last: Completed(0), app: PodInitializing
            > pulled app
              start app
              = Pending, first: Completed(0), side: running, last: Completed(0), app: PodInitializing
            > started app
              Normal Created: Created container: app
              Normal Started: Started container app
              = Running ready, first: Completed(0), side: running, last: Completed(0), app: running
            > exit side 1
              pull side
              = Running, first: Completed(0), side: Error(1), last: Completed(0), app: running
            > pulled side
              start side
              = Running, first: Completed(0), side: Error(1), last: Completed(0), app: running
            > started side
              Normal Created: Created container: side
              Normal Started: Started container side
              probe side
              = Running, first: Completed(0), side: running x1, last: Completed(0), app: running
            > exit app 0
              Normal Killing: Stopping container side
              stop side within 30s
              = Running, first: Completed(0), side: running x1, last: Completed(0), app: Completed(0)
            > exit side 143
              TearDown
              = Succeeded, first: Completed(0), side: Error(143) x1, last: Completed(0), app: Completed(0)
            > cleared
              = Succeeded, first: Completed(0), side: Error(143) x1, last: Completed(0), app: Completed(0)
        "]],
    );
}

#[test]
fn an_initial_container_that_fails_for_good_fails_the_pod() {
    check(
        json!({
            "initContainers": [{"name": "first", "image": "i"}],
            "containers": [{"name": "app", "image": "i"}],
            "restartPolicy": "Never",
        }),
        "tick; prepared; pulled first; started first; exit first 3; cleared; delete 0",
        expect![[r"
            > tick
              Prepare
              = Pending, first: PodInitializing, app: PodInitializing
            > prepared
              pull first
              = Pending, first: PodInitializing, app: PodInitializing
            > pulled first
              start first
              = Pending, first: PodInitializing, app: PodInitializing
            > started first
              Normal Created: Created container: first
              Normal Started: Started container first
              = Pending, first: running, app: PodInitializing
            > exit first 3
              TearDown
              = Failed, first: Error(3), app: PodInitializing
            > cleared
              = Failed, first: Error(3), app: PodInitializing
            > delete 0
              Delete
              = Failed, first: Error(3), app: PodInitializing
        "]],
    );
}
