//! Requests whose answers last as long as their clients want, and end with the server.

use std::future::Future;
use std::pin::Pin;

use base::CancellationToken;
use machinery::ApiError;

use crate::respond::Answer;

/// Waits for such an answer unless the server stops, and ends it when the server does.
pub(super) async fn keep(
    stop: &CancellationToken,
    answered: Pin<&mut impl Future<Output = Result<Answer, ApiError>>>,
) -> Result<Answer, ApiError> {
    let answer = stop.run_until_cancelled(answered).await;
    // Looked at once more: a watch that began after all watches had been closed would be closed by nobody.
    let (Some(answer), false) = (answer, stop.is_cancelled()) else {
        return Err(ApiError::service_unavailable("the server is shutting down"));
    };
    let mut answer = answer?;
    answer.body_mut().last_until(stop);
    Ok(answer)
}
