# The minor version that the tests run on.
FROM python:3.11-slim-trixie AS build
WORKDIR /build
COPY requirements*.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
    && python -m venv --without-pip /opt/kernhub \
    && uv pip install --no-cache --compile-bytecode --python /opt/kernhub --require-hashes -r requirements-run.lock
COPY . .
# The lock as constraint, so that setuptools too is checked by its hash.
RUN uv pip install --no-cache --compile-bytecode --python /opt/kernhub --no-deps --build-constraints requirements.lock .

FROM python:3.11-slim-trixie
COPY --from=build /opt/kernhub /opt/kernhub
ENV PATH=/opt/kernhub/bin:$PATH
# A volume takes over who owns the folder that it comes in place of.
RUN useradd --uid 10001 --create-home kernhub && install -d -m 700 -o kernhub /home/kernhub/key
USER kernhub
WORKDIR /home/kernhub
ENTRYPOINT ["kernhub"]
